import Testing

@testable import Console

@Suite struct NumberTextTests {
  @Test func groupsByThousands() {
    #expect(NumberText.grouped(0) == "0")
    #expect(NumberText.grouped(999) == "999")
    #expect(NumberText.grouped(1000) == "1,000")
    #expect(NumberText.grouped(-1_234_567) == "-1,234,567")
    #expect(NumberText.grouped(.min) == "-9,223,372,036,854,775,808")
  }

  @Test func fixesDigits() {
    #expect(NumberText.fixed(1.005, digits: 1) == "1.0")
    #expect(NumberText.fixed(0.996, digits: 2) == "1.00")
    #expect(NumberText.fixed(-0.04, digits: 1) == "0.0")
    #expect(NumberText.fixed(2.5, digits: 0) == "3")
    #expect(NumberText.fixed(.nan, digits: 2) == "-")
    #expect(NumberText.fixed(.infinity, digits: 2) == "∞")
    #expect(NumberText.fixed(1e300, digits: 2) == "> 10^12")
  }

  @Test func namesWhatIsBeyondReading() {
    #expect(NumberText.fixed(1e12, digits: 2) == "1000000000000.00")
    #expect(NumberText.fixed(6.2e99, digits: 3) == "> 10^12")
    #expect(NumberText.fixed(-6.2e99, digits: 3) == "< -10^12")
    #expect(NumberText.grouped(6.2e99, digits: 3) == "> 10^12")
    #expect(NumberText.grouped(1_234_567.891, digits: 2) == "1,234,567.89")
    #expect(NumberText.grouped(-0.5, digits: 2) == "-0.50")
    #expect(NumberText.grouped(-1234.5, digits: 1) == "-1,234.5")
    #expect(NumberText.grouped(.nan, digits: 1) == "-")
    #expect(NumberText.grouped(999_999_999_999, digits: 0) == "999,999,999,999")
  }

  @Test func readsByteCounts() {
    #expect(NumberText.byteCount("200M") == 200 << 20)
    #expect(NumberText.byteCount("1.5GiB") == 3 << 29)
    #expect(NumberText.byteCount("12") == 12)
    #expect(NumberText.byteCount("") == nil)
    #expect(NumberText.byteCount("-1k") == nil)
    #expect(NumberText.byteCount("nan") == nil)
    #expect(NumberText.byteCount("99999999999G") == nil)
  }

  @Test func durations() {
    #expect(NumberText.duration(7) == "0:07")
    #expect(NumberText.duration(3723) == "1:02:03")
    #expect(NumberText.duration(.infinity) == "-:--")
  }
}

@Suite struct PresentationTests {
  @Test(arguments: [0, 1, 5, 20, 40, 79, 200])
  func theBarNeverWraps(width: Int) {
    for fraction in [0, 0.5, 1] {
      let line = ProgressBar.line("counting n-grams", fraction, "12.3 M tokens/s  0:07 left", width: width)
      #expect(line.count < max(width, 1))
    }
  }

  @Test func theTableAlignsItsColumns() {
    var table = TextTable([.init("language"), .init("files", .trailing)])
    table.append(["swift", "1,200"])
    table.append(["c"])
    table.append(["objective-c", "7"])
    #expect(
      table.text(on: Terminal(-1)) == """
        language     files
        swift        1,200
        c
        objective-c      7

        """)
  }

  @Test func controlCharactersBecomeVisible() {
    #expect(singleLine("a\u{1B}[31m\n\tb") == "a·[31m⏎⇥b")
    #expect(singleLine("abcdef", width: 3) == "abc…")
  }
}

@Suite struct ArgumentTests {
  @Test func joinsNegativeValuesToTheirOptions() {
    let join = Program.joiningNegativeValues
    #expect(join(["complete", "--top", "-1"]) == ["complete", "--top=-1"])
    #expect(join(["--rate", "-1e-3", "--time", "-5m"]) == ["--rate=-1e-3", "--time=-5m"])
    #expect(join(["--held-out", "-.5"]) == ["--held-out=-.5"])
    #expect(join(["--threshold", "-inf"]) == ["--threshold=-inf"])
    // What is no number, has its value already, or stands behind the end of the options is left as it is.
    for arguments in [
      ["--top", "-x"], ["--top", "-"], ["--top=3", "-1"], ["--", "--top", "-1"], ["-1"], ["-t", "-1"],
      ["--json", "--top", "3"], ["name", "-1"],
    ] { #expect(join(arguments) == arguments) }
  }
}
