/// Secrets that commands are given in options.
extension SecretCommands {
  /// What commands take a password by one letter.
  private struct Option {
    var option: StaticString
    var commands: [StaticString]
    /// What must stand on the line as well.
    var also: StaticString?
    /// Whether it may stand behind a blank; else only at once behind the letter.
    var isApart = true
    /// Whether it may stand at once behind the letter.
    var isJoined = true
  }

  private static let options: [Option] = [
    Option(
      option: "-p",
      commands: [
        "sshpass", "az", "oc", "mongo", "mongosh", "mongodump", "mongorestore", "cqlsh", "rabbitmqadmin",
        "clickhouse-client", "impala", "nxc", "crackmapexec", "evil-winrm", "psexec", "xfreerdp", "twine",
        "mosquitto_pub", "mosquitto_sub", "vncpasswd", "rdesktop", "cifs", "smbmap", "kcadm", "jfrog", "cf",
        "tsh", "influx", "ansible-vault", "vsql", "exasol", "snowsql", "kinit", "expressvpn",
        "nomad", "bw", "hydra", "xfreerdp3", "wlfreerdp", "msfconsole", "net", "gpg-preset-passphrase",
        "couchbase-cli", "cbq", "neo4j", "cypher-shell", "kafka-console", "pscp", "vault", "argocd", "rhc",
        "odo", "ibmcloud", "keepassxc-cli", "mongoimport", "mongoexport", "adduser", "useradd", "rclone",
        "veracrypt", "security", "ncftp", "ncftpget", "ncftpput", "pg_dump", "truecrypt", "borg", "hashcat",
      ]),
    Option(
      option: "-p", commands: ["docker", "podman", "nerdctl", "helm", "skopeo", "buildah", "crane"],
      also: "login"),
    Option(
      option: "-p",
      commands: [
        "mysql", "mysqldump", "mysqladmin", "mariadb", "mariadb-dump", "mysqlimport", "mysqlshow", "mysqlsh",
        "mycli", "7z", "7za", "7zz", "rar", "unrar", "sshpass",
      ], isApart: false),
    Option(option: "-hp", commands: ["rar", "7z"], isApart: false),
    Option(
      option: "-P",
      commands: [
        "zip", "unzip", "zipcloak", "sqlcmd", "bcp", "isql", "osql", "mosquitto_pub", "mosquitto_sub",
        "ipmitool", "ipmipower", "tsql", "impacket", "qpdf", "ncat", "ssh-keygen", "mosquitto", "bsqldb",
        "ykman",
      ]),
    Option(option: "-a", commands: ["redis-cli", "valkey-cli"]),
    Option(
      option: "-w",
      commands: ["ldapsearch", "ldapmodify", "ldapadd", "ldapdelete", "ldappasswd", "ldapwhoami", "security"]),
    Option(option: "-k", commands: ["openssl"], also: nil, isJoined: false),
    Option(option: "-A", commands: ["snmpwalk", "snmpget", "snmpset", "snmpbulkwalk", "snmpgetnext"]),
    Option(option: "-upw", commands: ["pdftotext", "pdfinfo"]),
    Option(option: "-opw", commands: ["pdftotext", "pdfinfo"]),
    Option(option: "-srcstorepass", commands: ["keytool"]),
    Option(option: "-deststorepass", commands: ["keytool"]),
    Option(option: "-new", commands: ["keytool"]), Option(option: "-N", commands: ["ssh-keygen"]),
    Option(option: "-secret", commands: ["rndc", "openvpn"]),
    Option(option: "-pw", commands: ["plink", "pscp", "psftp", "putty"]),
    Option(option: "-pass", commands: ["openssl"]), Option(option: "-passin", commands: ["openssl"]),
    Option(option: "-passout", commands: ["openssl"]),
    Option(option: "-storepass", commands: ["keytool", "jarsigner"]),
    Option(option: "-keypass", commands: ["keytool", "jarsigner"]),
    Option(
      option: "-c", commands: ["snmpwalk", "snmpget", "snmpset", "snmpbulkwalk", "snmpgetnext", "snmptable"]),
    Option(option: "-X", commands: ["rpcclient", "snmpwalk", "snmpget", "snmpset", "snmpbulkwalk"]),
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
    if let value = hereString(option, line) { return value }
    guard option.count < 48, line[option.lowerBound + 1] != UInt8(ascii: "-") else { return nil }
    for known in options
    where line.text[option].starts(
      with: UnsafeBufferPointer(start: known.option.utf8Start, count: known.option.utf8CodeUnitCount))
    {
      let end = option.lowerBound + known.option.utf8CodeUnitCount
      let isApart = end == option.upperBound && isBlank(line[end])
      guard isApart ? known.isApart : known.isJoined || end == option.upperBound,
        known.option.utf8CodeUnitCount == 2 || end == option.upperBound || !known.isApart
      else { continue }
      let head = max(line.start, option.lowerBound - SecretLine.reach)..<option.lowerBound
      guard line.hasWord(of: known.commands, in: head),
        known.also.map({ line.firstWord($0, in: head) != nil }) ?? true
      else { continue }
      var start = line.skippingBlanks(end)
      if isApart, "\\`^".utf8.contains(line[start]), line.isLast(start + 1) {
        return line.following.flatMap { secretArgument($0.skippingBlanks($0.start), $0) }
      }
      if line[start] == UInt8(ascii: "=") { start += 1 }
      if isQuote(before), line[end] == before {
        // In lists of arguments: "-p", "value"
        start = line.skippingBlanks(end + 1)
        guard line[start] == UInt8(ascii: ",") else { return nil }
        start = line.skippingBlanks(start + 1)
        return isQuote(line[start]) ? secretArgument(start, line) : nil
      }
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
    return besideUser(option, line)
  }

  /// What stands behind `<<<` where an option says that the password is read.
  private static func hereString(_ option: Range<Int>, _ line: SecretLine) -> Range<Int>? {
    let isReader =
      line.has("stdin", at: option.upperBound - 5) || line.has("stdinpass", at: option.upperBound - 9)
    guard isReader else { return nil }
    var offset = option.upperBound
    while offset < line.end, offset - option.upperBound < 256, line[offset] != UInt8(ascii: "<") {
      offset += 1
    }
    guard line.has("<<<", at: offset) else { return nil }
    return secretArgument(line.skippingBlanks(offset + 3), line)
  }

  /// What any command takes behind `-p` and its like beside an option for the user, if it looks like a password.
  private static func besideUser(_ option: Range<Int>, _ line: SecretLine) -> Range<Int>? {
    let names: [StaticString] = ["-p", "-P", "-w", "-W", "-pw", "-pass", "-passwd"]
    guard
      names.contains(where: { $0.utf8CodeUnitCount == option.count && line.has($0, at: option.lowerBound) }),
      isBlank(line[option.upperBound])
    else { return nil }
    let window = max(line.start, option.lowerBound - 256)..<min(line.end, option.lowerBound + 256)
    let users: Set<String> = [
      "-u", "-U", "-user", "--user", "--username", "-username", "--login", "-D", "--uid", "/user",
    ]
    guard
      line.text[window].split(separator: 0x20).contains(where: {
        users.contains(String(decoding: $0.prefix { $0 != UInt8(ascii: "=") }, as: UTF8.self))
      }), let value = secretArgument(line.skippingBlanks(option.upperBound), line)
    else { return nil }
    let bytes = line.text[value]
    let isPassword =
      bytes.contains(where: isLetter) && bytes.contains { isDigit($0) || "!@#%^&*".utf8.contains($0) }
    return isPassword && value.count >= 4 && !bytes.contains { "/:.,=".utf8.contains($0) } ? value : nil
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
    } else if option.count <= 6, line[option.upperBound - 1] == UInt8(ascii: "u"),
      isBlank(line[option.upperBound]),
      line.firstWord("curl", in: max(line.start, option.lowerBound - 64)..<option.lowerBound) != nil
    {
      start = option.upperBound
    } else if "uUa".utf8.contains(line[option.lowerBound + 1]) {
      start = option.lowerBound + 2
    } else {
      return nil
    }
    var offset = line.skippingBlanks(start)
    if line[offset] == UInt8(ascii: "=") { offset += 1 }
    let isList =
      line.firstWord("lftp", in: max(line.start, option.lowerBound - 64)..<option.lowerBound) != nil
    if "\\`^".utf8.contains(line[offset]), line.isLast(offset + 1), let next = line.following {
      let isClient = line.hasWord(of: webClients, in: line.start..<option.lowerBound)
      return isClient ? password(inPairAt: next.skippingBlanks(next.start), next) : nil
    }
    guard let argument = argument(offset, line),
      let separator = line.text[argument].firstIndex(where: {
        $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: ",") && isList
      }),
      separator > argument.lowerBound
    else { return nil }
    var password = separator + 1..<argument.upperBound
    if password.isEmpty, isQuote(line[password.lowerBound]) {
      password = line.quoted(at: password.lowerBound)
    }
    if password.isEmpty { return nil }
    let head = max(line.start, option.lowerBound - SecretLine.reach)..<option.lowerBound
    let isClient = line.hasWord(of: webClients, in: head)
    let kinds = SecretValues.Kinds(line.text[password])
    guard isClient || kinds.isMixed && !line.text[password].contains(UInt8(ascii: "/")) else { return nil }
    guard line[password.lowerBound] != UInt8(ascii: "/") else { return nil }
    // Nothing is put in for variables there.
    if line[argument.lowerBound - 1] == UInt8(ascii: "'"), "$@".utf8.contains(line[password.lowerBound]),
      line.text[password].dropFirst().contains(where: isLowerCase), isNameByte(line[password.lowerBound + 1]),
      !SecretNames.isMention(line.text[password])
    {
      return password
    }
    return SecretValues.isReference(password, line) ? nil : password
  }

  /// The password of `user:password`, as one argument.
  private static func password(inPairAt start: Int, _ line: SecretLine) -> Range<Int>? {
    guard let argument = argument(start, line),
      let colon = line.text[argument].firstIndex(of: UInt8(ascii: ":")),
      colon > argument.lowerBound, colon + 1 < argument.upperBound, line[colon + 1] != UInt8(ascii: "/")
    else { return nil }
    let password = colon + 1..<argument.upperBound
    return SecretValues.isReference(password, line) ? nil : password
  }

  /// One argument, in quotes or up to a blank.
  static func argument(_ start: Int, _ line: SecretLine) -> Range<Int>? {
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

  static func secretArgument(_ start: Int, _ line: SecretLine) -> Range<Int>? {
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
}
