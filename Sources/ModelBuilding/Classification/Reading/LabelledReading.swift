import Classification
import Corpora
import JSON
import NGrams
import Platform
import Privacy

/// Reads labelled text: a folder a label, or a file of lines.
///
/// - `label<TAB>text`, the usual;
/// - JSON lines, objects with `label` and `text` (`.jsonl`, `.ndjson`);
/// - comma-separated values whose first record names the columns, `label` and `text` among them (`.csv`).
struct LabelledReading {
  let types: TypeReader
  /// Files and folders that were forgotten on request: absolute paths.
  let forgottenPaths: [String]
  let threadCount: Int

  /// The longest file that is read.
  private static let byteLimit = 1 << 32
  private static let labelByteLimit = 1_000

  /// What was read before the words are: texts, and the numbers of their labels.
  private struct Texts {
    var numbers: [String: Int] = [:]
    var labels: [String] = []
    var texts: [(label: Int, bytes: [UInt8])] = []
    /// Whether labels that were not there before are refused.
    let isClosed: Bool

    init(labels: [String]?) {
      isClosed = labels != nil
      for label in labels ?? [] { _ = add(label) }
    }

    private mutating func add(_ label: String) -> Int {
      if let number = numbers[label] { return number }
      numbers[label] = labels.count
      labels.append(label)
      return labels.count - 1
    }

    mutating func append(_ label: [UInt8], _ text: [UInt8], at place: @autoclosure () -> String)
      throws(Failure)
    {
      let name = LabelledReading.trimmed(String(decoding: label, as: UTF8.self))
      guard !name.isEmpty, label.count <= LabelledReading.labelByteLimit else {
        throw Failure(
          place(), why: name.isEmpty ? "has an empty label" : "has a label of \(label.count) bytes",
          remedy: "write label, tab, text")
      }
      guard !isClosed || numbers[name] != nil else {
        throw Failure(
          place(), why: "has the label \(name), of which nothing is learned",
          remedy: "add examples of it to learn from, or leave it out")
      }
      texts.append((add(name), text))
    }
  }

  /// - Parameters:
  ///   - path: what can be read.
  ///   - name: how the person called it; its end says what is in it.
  ///   - labels: those that are known, where no others may come.
  /// - Throws: `Failure` with the line that is malformed.
  func read(_ path: String, name: String, labels: [String]? = nil) throws(Failure) -> LabelledExamples {
    var texts = Texts(labels: labels)
    if isDirectory(path) {
      try readFolder(path, into: &texts)
    } else {
      let bytes = TextDecoding.text(try readFile(path, limit: Self.byteLimit))
      let lowercased = name.lowercased()
      do throws(Failure) {
        if lowercased.hasSuffix(".csv") {
          try readCommaSeparated(bytes, into: &texts)
        } else if [".jsonl", ".ndjson", ".json"].contains(where: lowercased.hasSuffix) {
          try readObjects(bytes, into: &texts)
        } else {
          try readLines(bytes, into: &texts)
        }
      } catch { throw Failure("\(name), \(error.what)", why: error.why, remedy: error.remedy) }
    }
    guard !texts.texts.isEmpty else {
      throw Failure(name, why: "there are no examples in it", remedy: "write label, tab, text on a line each")
    }
    return try examples(texts)
  }

  private func examples(_ texts: Texts) throws(Failure) -> LabelledExamples {
    var result = LabelledExamples(labels: texts.labels)
    result.byteCount = texts.texts.reduce(0) { $0 + $1.bytes.count }
    let count = texts.texts.count
    let words = Places<ClassifierWords>(count: count)
    let (types, grain) = (types, 64)
    try forEachTask((count + grain - 1) / grain, threadCount: threadCount) { _, task in
      for index in task * grain..<min((task + 1) * grain, count) {
        words[index] = ClassifierWords(texts.texts[index].bytes, types: types, keepsPlaces: false)
      }
    }
    result.examples = texts.texts.indices.map { .init(label: texts.texts[$0].label, words: words[$0]!) }
    return result
  }

  static func trimmed(_ text: String) -> String {
    var rest = Substring(text)
    while rest.first?.isWhitespace == true { rest.removeFirst() }
    while rest.last?.isWhitespace == true { rest.removeLast() }
    return String(rest)
  }

  // MARK: Forms

  private func readFolder(_ path: String, into texts: inout Texts) throws(Failure) {
    let folder = try OpenFolder(path)
    let names = folder.entries(limit: 1_000_000).filter {
      $0.first != UInt8(ascii: ".") && folder.status(of: $0).map { $0.st_mode & S_IFMT } == S_IFDIR
    }.sorted { $0.lexicographicallyPrecedes($1) }
    guard !names.isEmpty else {
      throw Failure(
        path, why: "there are no folders in it",
        remedy: "put the texts of each label into a folder of its name")
    }
    for name in names {
      let below = path + "/" + String(systemPathBytes: name)
      let files: TokenFiles
      do throws(Failure) { files = try TokenFiles([below], forgotten: forgottenPaths) } catch { continue }
      for file in files.paths {
        try texts.append(name, TextDecoding.text(try readFile(file, limit: Self.byteLimit)), at: below)
      }
    }
  }

  private func readLines(_ bytes: [UInt8], into texts: inout Texts) throws(Failure) {
    try Self.forEachLine(bytes) { line, number throws(Failure) in
      guard let tab = line.firstIndex(of: 0x09) else {
        throw Failure(
          "line \(number)", why: "has no tab",
          remedy: "write label, tab, text; other forms go by .jsonl and .csv")
      }
      try texts.append(Array(line[..<tab]), Array(line[(tab + 1)...]), at: "line \(number)")
    }
  }

  private func readObjects(_ bytes: [UInt8], into texts: inout Texts) throws(Failure) {
    try Self.forEachLine(bytes) { line, number throws(Failure) in
      let (name, text): (String, String)
      do throws(JSONError) {
        let object = JSONDecoding(try JSON.parse(Array(line)))
        text = try object["text"].string()
        // Numbers are labels too.
        if let number = object["label"].integerIfAny {
          name = "\(number)"
        } else {
          name = try object["label"].string()
        }
      } catch {
        throw Failure(
          "line \(number)", why: "\(error)", remedy: "write an object with a label and a text, both strings")
      }
      try texts.append(Array(name.utf8), Array(text.utf8), at: "line \(number)")
    }
  }

  private func readCommaSeparated(_ bytes: [UInt8], into texts: inout Texts) throws(Failure) {
    let result: Result<Texts, Failure> = bytes.withUnsafeBytes { buffer in
      var texts = texts
      do throws(Failure) {
        try Self.readRecords(CommaSeparatedText(buffer), into: &texts)
        return .success(texts)
      } catch { return .failure(error) }
    }
    texts = try result.get()
  }

  private static func readRecords(_ source: CommaSeparatedText, into texts: inout Texts) throws(Failure) {
    var source = source
    guard let header = try source.next() else { return }
    let names = header.fields.map { trimmed(String(decoding: $0, as: UTF8.self)).lowercased() }
    guard let label = names.firstIndex(of: "label"), let text = names.firstIndex(of: "text") else {
      throw Failure(
        "line 1", why: "names the columns \(names.joined(separator: ", "))",
        remedy: "call one of them label and one of them text")
    }
    while let record = try source.next() {
      guard record.fields.count > max(label, text) else {
        throw Failure(
          "line \(record.line)", why: "has \(record.fields.count) columns of \(names.count)",
          remedy: "quote texts that hold commas or quotes")
      }
      try texts.append(record.fields[label], record.fields[text], at: "line \(record.line)")
    }
  }

  /// Calls `body` with each line that has anything in it, without its end, and its number from 1.
  static func forEachLine(
    _ bytes: [UInt8], _ body: (ArraySlice<UInt8>, Int) throws(Failure) -> Void
  ) throws(Failure) {
    var (start, number) = (0, 1)
    while start < bytes.count {
      let end = bytes[start...].firstIndex(of: 0x0A) ?? bytes.count
      var line = bytes[start..<end]
      if line.last == 0x0D { line.removeLast() }
      if !line.isEmpty { try body(line, number) }
      start = end + 1
      number += 1
    }
  }
}

/// Places that several threads fill, each its own.
final class Places<Element>: @unchecked Sendable {
  private let base: UnsafeMutablePointer<Element?>
  let count: Int

  init(count: Int) {
    self.count = count
    base = .allocate(capacity: count)
    base.initialize(repeating: nil, count: count)
  }

  deinit {
    base.deinitialize(count: count)
    base.deallocate()
  }

  subscript(index: Int) -> Element? {
    get { base[index] }
    set { base[index] = newValue }
  }
}
