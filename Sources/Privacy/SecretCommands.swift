/// Secrets that commands are given in options, and headers of requests.
enum SecretCommands {
  /// Words that a secret may stand behind in a command or a header, other than the names of secrets.
  static let words = ["bearer", "basic", "echo", "printf", "identified", "sqlplus", "user"] + logins

  /// How functions are called that take a user's name and a password, one behind the other.
  private static let logins = [
    "connect", "connection", "pdo", "mysqli", "login", "signin", "authenticate", "auth", "credential",
    "credentials",
    "account", "authentication", "logon",
  ]

  /// What commands take a password by one letter.
  private struct Option {
    var option: StaticString
    var commands: [StaticString]
    /// What must stand on the line as well.
    var also: StaticString?
    /// Whether it may stand behind a blank; else only at once behind the letter.
    var isApart = true
  }

  private static let options: [Option] = [
    Option(
      option: "-p",
      commands: [
        "sshpass", "az", "oc", "mongo", "mongosh", "mongodump", "mongorestore", "cqlsh", "rabbitmqadmin",
        "clickhouse-client", "impala", "nxc", "crackmapexec", "evil-winrm", "psexec", "xfreerdp", "twine",
        "mosquitto_pub", "mosquitto_sub", "vncpasswd",
      ]),
    Option(
      option: "-p", commands: ["docker", "podman", "nerdctl", "helm", "skopeo", "buildah", "crane"],
      also: "login"),
    Option(
      option: "-p",
      commands: [
        "mysql", "mysqldump", "mysqladmin", "mariadb", "mariadb-dump", "mysqlimport", "mysqlshow", "7z",
        "7za", "rar", "unrar",
      ], isApart: false),
    Option(
      option: "-P",
      commands: [
        "zip", "unzip", "sqlcmd", "bcp", "isql", "osql", "mosquitto_pub", "mosquitto_sub", "ipmitool",
      ]),
    Option(option: "-a", commands: ["redis-cli", "valkey-cli"]),
    Option(
      option: "-w",
      commands: ["ldapsearch", "ldapmodify", "ldapadd", "ldapdelete", "ldappasswd", "ldapwhoami"]),
    Option(option: "-k", commands: ["openssl"]),
    Option(option: "-pw", commands: ["plink", "pscp", "psftp", "putty"]),
    Option(option: "-pass", commands: ["openssl"]), Option(option: "-passin", commands: ["openssl"]),
    Option(option: "-passout", commands: ["openssl"]),
    Option(option: "-storepass", commands: ["keytool", "jarsigner"]),
    Option(option: "-keypass", commands: ["keytool", "jarsigner"]),
    Option(
      option: "-c", commands: ["snmpwalk", "snmpget", "snmpset", "snmpbulkwalk", "snmpgetnext", "snmptable"]),
    Option(option: "-X", commands: ["rpcclient"]),
    Option(option: "-W", commands: ["rsync", "sqlite3", "lpass"]),
    Option(option: "-b", commands: ["htpasswd"]),
  ]
  private static let webClients: [StaticString] = [
    "curl", "http", "https", "xh", "wget", "curlie", "httpie", "ab", "hey", "smbclient", "rpcclient", "lftp",
    "ncftp", "rpc", "elasticsearch",
  ]

  /// The secret behind an option of one dash or two.
  static func value(ofOption option: Range<Int>, _ line: SecretLine) -> Range<Int>? {
    let before = line[option.lowerBound - 1]
    guard before <= 0x20 || isQuote(before) || before == UInt8(ascii: "[") || before == UInt8(ascii: ",")
    else { return nil }
    if let user = userAndPassword(option, line) { return user }
    guard option.count < 48, line[option.lowerBound + 1] != UInt8(ascii: "-") else { return nil }
    for known in options
    where line.text[option].starts(
      with: UnsafeBufferPointer(start: known.option.utf8Start, count: known.option.utf8CodeUnitCount))
    {
      let end = option.lowerBound + known.option.utf8CodeUnitCount
      let isApart = end == option.upperBound && isBlank(line[end])
      guard !isApart || known.isApart, known.option.utf8CodeUnitCount == 2 || end == option.upperBound else {
        continue
      }
      let head = max(line.start, option.lowerBound - SecretLine.reach)..<option.lowerBound
      guard known.commands.contains(where: { line.firstWord($0, in: head) != nil }),
        known.also.map({ line.firstWord($0, in: head) != nil }) ?? true
      else { continue }
      var start = line.skippingBlanks(end)
      if line[start] == UInt8(ascii: "=") { start += 1 }
      if line.has("pass:", at: start) || line.has("pass:", at: start + 1) && isQuote(line[start]) {
        start += 5
        if isQuote(line[start - 5]) {
          return argument(start - 5, line).map { $0.lowerBound + 5..<$0.upperBound }
        }
      } else if known.option.utf8CodeUnitCount > 3,
        line.has("env:", at: start) || line.has("file:", at: start)
      {
        return nil
      }
      if known.option.utf8Start[1] == UInt8(ascii: "b") { return lastArgument(start, line) }
      return secretArgument(start, line)
    }
    return nil
  }

  /// `-u user:password` and the like.
  private static func userAndPassword(_ option: Range<Int>, _ line: SecretLine) -> Range<Int>? {
    let start: Int
    let isLong = ["--user", "--proxy-user", "--auth", "--creds", "--login", "--basic-auth"].contains {
      (word: StaticString) in
      word.utf8CodeUnitCount == option.count && line.has(word, at: option.lowerBound)
    }
    if isLong {
      start = option.upperBound
    } else if "uUa".utf8.contains(line[option.lowerBound + 1]) {
      start = option.lowerBound + 2
    } else {
      return nil
    }
    var offset = line.skippingBlanks(start)
    if line[offset] == UInt8(ascii: "=") { offset += 1 }
    guard let argument = argument(offset, line),
      let separator = line.text[argument].firstIndex(where: {
        $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "%")
      }),
      separator > argument.lowerBound, separator + 1 < argument.upperBound
    else { return nil }
    let password = separator + 1..<argument.upperBound
    let head = max(line.start, option.lowerBound - SecretLine.reach)..<option.lowerBound
    let isClient = webClients.contains { line.firstWord($0, in: head) != nil }
    let kinds = SecretValues.Kinds(line.text[password])
    guard isClient || kinds.isMixed && !line.text[password].contains(UInt8(ascii: "/")) else { return nil }
    guard line[password.lowerBound] != UInt8(ascii: "/") else { return nil }
    return SecretValues.isReference(password, line) ? nil : password
  }

  /// One argument, in quotes or up to a blank.
  private static func argument(_ start: Int, _ line: SecretLine) -> Range<Int>? {
    if isQuote(line[start]) { return line.quoted(at: start) }
    let end = line.chunkEnd(start)
    // In lists of arguments: ["-p", "value"]
    if line[start] == UInt8(ascii: ",") || start == end { return nil }
    // Within quotes around the whole command.
    var stop = start
    while stop < end,
      !isQuote(line[stop]) || line[stop] == UInt8(ascii: "'") && !line.isWithin(UInt8(ascii: "'"), at: start)
    { stop += 1 }
    return start..<stop
  }

  private static func secretArgument(_ start: Int, _ line: SecretLine) -> Range<Int>? {
    guard line[start] != UInt8(ascii: "-"), let value = argument(start, line), !value.isEmpty,
      !SecretValues.isReference(value, line)
    else { return nil }
    // A word in capitals stands for a value in the description of a command.
    if line.text[value].allSatisfy({ $0 &- UInt8(ascii: "A") < 26 || $0 == UInt8(ascii: "_") }) { return nil }
    return value
  }

  private static func lastArgument(_ start: Int, _ line: SecretLine) -> Range<Int>? {
    var offset = start
    var last: Range<Int>?
    while offset < line.end, let next = argument(offset, line), !next.isEmpty {
      last = next
      offset = line.skippingBlanks(next.upperBound + (isQuote(line[offset]) ? 1 : 0))
    }
    return last.flatMap { SecretValues.isReference($0, line) ? nil : $0 }
  }

  // MARK: Words

  /// The secret that a word brings which is no name of one.
  static func value(ofWord word: Range<Int>, _ line: SecretLine) -> Range<Int>? {
    let next = line.skippingBlanks(word.upperBound)
    if let value = positional(word, next, line) { return value }
    if line.hasWord("user", at: word.upperBound - 4), line[word.upperBound] == UInt8(ascii: ":"),
      line[word.upperBound - 5] == UInt8(ascii: "/"),
      line.firstWord("net", in: line.start..<word.lowerBound) != nil
        || line.firstWord("runas", in: line.start..<word.lowerBound) != nil
    {
      return secretArgument(line.skippingBlanks(line.chunkEnd(word.upperBound)), line)
    }
    guard next > word.upperBound else { return nil }
    if line.hasWord("bearer", at: word.lowerBound) || line.hasWord("basic", at: word.lowerBound) {
      let value = credentials(at: next, line)
      // What is basic in prose has a dash, and no digits.
      return value.flatMap {
        line.text[$0].contains(UInt8(ascii: "-")) && line.has("basic", at: word.lowerBound) ? nil : $0
      }
    }
    if line.hasWord("echo", at: word.lowerBound) || line.hasWord("printf", at: word.lowerBound) {
      return piped(next, line)
    }
    if line.hasWord("identified", at: word.lowerBound), isStatement(word, line) {
      return identified(next, line)
    }
    if line.hasWord("sqlplus", at: word.lowerBound)
      || line.hasWord("user", at: word.lowerBound) && line.hasWord("net", at: word.lowerBound - 4)
    {
      return login(next, line, isNet: line.hasWord("user", at: word.lowerBound))
    }
    return nil
  }

  /// The last of several literals in a call that logs in.
  private static func positional(_ word: Range<Int>, _ next: Int, _ line: SecretLine) -> Range<Int>? {
    var open = next
    if line[open] == UInt8(ascii: "=") { open = line.skippingBlanks(open + 1) }
    guard line[open] == UInt8(ascii: "("), line[line.skippingBlanks(open + 1)] != UInt8(ascii: ")") else {
      return nil
    }
    let isLogin = logins.contains { name in
      word.count >= name.utf8.count
        && line.text[(word.upperBound - name.utf8.count)..<word.upperBound].elementsEqual(name.utf8) {
          (isUpperCase($0) ? $0 | 0x20 : $0) == $1
        }
    }
    guard isLogin else { return nil }
    var offset = open + 1
    var count = 0
    var last: Range<Int>?
    while offset < line.end, offset - open < SecretLine.reach, line[offset] != UInt8(ascii: ")"),
      line[offset] != UInt8(ascii: ";")
    {
      if line[offset] == UInt8(ascii: "\"") || line[offset] == UInt8(ascii: "'") {
        let literal = line.quoted(at: offset)
        // A name of a database may stand behind it.
        if count > 0,
          !line.text[literal].contains(where: {
            isBlank($0) || $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: ".")
          }),
          SecretValues.isSecret(literal, line, .medium, .quoted)
        {
          last = literal
        }
        count += 1
        offset = literal.upperBound
      } else if line[offset] == UInt8(ascii: ",") {
        count += 1
      }
      offset += 1
    }
    return count > 2 ? last : nil
  }

  /// Whether SQL's words stand in capitals, or the statement is about users.
  private static func isStatement(_ word: Range<Int>, _ line: SecretLine) -> Bool {
    isUpperCase(line[word.lowerBound]) && isUpperCase(line[word.lowerBound + 1])
      || line.firstWord("user", in: line.start..<word.lowerBound) != nil
      || line.firstWord("grant", in: line.start..<word.lowerBound) != nil
  }

  /// What stands behind `Bearer` or `Basic`.
  static func credentials(at start: Int, _ line: SecretLine) -> Range<Int>? {
    var end = start
    while isAlphanumeric(line[end]) || "+/=_-.~:".utf8.contains(line[end]) { end += 1 }
    let kinds = SecretValues.Kinds(line.text[start..<end])
    guard end - start >= 6, kinds.letters > 1,
      kinds.digits > 0 || kinds.capitals > 1 && kinds.capitals < kinds.letters
        || line[end - 1] == UInt8(ascii: "=")
    else { return nil }
    if SecretWords.isTechnical(line.text[start..<end]) { return nil }
    return start..<end
  }

  /// `echo password | command that reads it`.
  private static func piped(_ start: Int, _ line: SecretLine) -> Range<Int>? {
    var start = start
    // A format and what it is for.
    if isQuote(line[start]), line[start + 1] == UInt8(ascii: "%") {
      start = line.skippingBlanks(line.chunkEnd(start))
    }
    while line[start] == UInt8(ascii: "-") { start = line.skippingBlanks(line.chunkEnd(start)) }
    guard let value = argument(start, line), !value.isEmpty, !SecretValues.isReference(value, line) else {
      return nil
    }
    var bar = value.upperBound
    while bar < line.end, line[bar] != UInt8(ascii: "|"), bar - start < 256 { bar += 1 }
    let rest = bar..<min(line.end, bar + 256)
    guard line[bar] == UInt8(ascii: "|") else { return nil }
    if line.firstWord("chpasswd", in: rest) != nil {
      guard let colon = line.text[value].firstIndex(of: UInt8(ascii: ":")) else { return nil }
      return colon + 1..<value.upperBound
    }
    let readers: [StaticString] = ["password-stdin", "with-token", "--stdin", "passphrase-fd", "cryptsetup"]
    let isRead =
      readers.contains { line.firstWord($0, in: rest) != nil }
      || line.firstWord("sudo", in: rest).map {
        line.text[$0..<rest.upperBound].split(separator: 0x20).contains { $0.elementsEqual("-S".utf8) }
      } ?? false
    return isRead ? value : nil
  }

  /// `IDENTIFIED BY 'password'`.
  private static func identified(_ start: Int, _ line: SecretLine) -> Range<Int>? {
    var offset = start
    for _ in 0..<5 {
      if isQuote(line[offset]) {
        let value = line.quoted(at: offset)
        if !line.hasWord("by", at: offset - 3) && !line.hasWord("as", at: offset - 3)
          && !line.has("password ", at: offset - 9)
        {
          offset = line.skippingBlanks(value.upperBound + 1)
          continue
        }
        return SecretValues.isReference(value, line) ? nil : value
      }
      let end = line.chunkEnd(offset)
      if line.hasWord("by", at: offset - 3) {
        var stop = end
        while stop > offset, ";,)".utf8.contains(line[stop - 1]) { stop -= 1 }
        return stop > offset && !line.hasWord("password", at: offset)
          && !SecretValues.isReference(offset..<stop, line) ? offset..<stop : nil
      }
      offset = line.skippingBlanks(end)
    }
    return nil
  }

  /// `sqlplus user/password@host`, and `net user name password`.
  private static func login(_ start: Int, _ line: SecretLine, isNet: Bool) -> Range<Int>? {
    let first = start..<line.chunkEnd(start)
    if isNet {
      let next = line.skippingBlanks(first.upperBound)
      return line[next] == UInt8(ascii: "/") || line[next] == UInt8(ascii: "*")
        ? nil : secretArgument(next, line)
    }
    guard let slash = line.text[first].firstIndex(of: UInt8(ascii: "/")), slash > first.lowerBound else {
      return nil
    }
    let end = line.text[first].firstIndex(of: UInt8(ascii: "@")) ?? first.upperBound
    return slash + 1 < end && !SecretValues.isReference(slash + 1..<end, line) ? slash + 1..<end : nil
  }
}
