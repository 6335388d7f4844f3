/// Names whose values are nobody's business.
enum SecretNames {
  enum Strength {
    case none
    /// Values with digits or signs among the letters are secrets.
    case weak
    /// Values that are more than a word are secrets.
    case medium
    /// The same of what stands for itself; of variables as with weak names.
    case token
    /// Nearly every value is a secret.
    case strong
    /// Numbers of three and more digits are secrets.
    case number
    /// All the words behind are one secret.
    case phrase
    /// The same, with digits in it: codes for emergencies, of which there are several.
    case codes
  }

  /// How names end, in lower case without separators.
  private static let strong = [
    "password", "passwords", "passwd", "passwort", "kennwort", "passphrase", "passcode", "passwrd", "pswd",
    "pwd", "pword",
    "passwordhash", "passwdhash", "secret", "secrets", "apikey", "apikeys", "accesskey", "privatekey",
    "secretkey",
    "authkey",
    "encryptionkey", "signingkey", "masterkey", "sharedkey", "accountkey", "storagekey", "sessionkey", "psk",
    "subscriptionkey", "appkey", "licensekey", "recoverykey", "loggedinkey", "noncekey", "presharedkey",
    "keypass", "storepass", "requirepass", "masterauth", "rootpw", "adminpw", "wachtwoord", "motdepasse",
    "contrasena", "senha", "haslo", "heslo", "losenord", "adgangskode", "salasana", "parola", "kodeord",
    "contrasenya", "contrasinal", "palavrapasse", "passord", "lozinka", "zaporka", "geslo", "jelszo",
    "parool",
    "katasandi", "katalaluan", "matkhau", "sifre", "pasahitza", "pasvorto", "wagwoord", "slaptazodis",
    "zugangscode", "zugangsdaten", "geheimwort", "losungswort", "codesecret", "codedacces", "codewifi",
    "wificode",
    "clavedeacceso", "chiavedaccesso", "keyphrase", "securitytoken", "wpakey", "wifikey", "wepkey",
    "networkkey", "rocommunity", "rwcommunity", "trapcommunity", "authtok", "connectionkey", "devicekey",
    "primarykeyvalue", "teamkey", "serverkey", "clientkey", "agentkey", "saskey", "hmackey", "aeskey",
    "keymaterial", "hostkeypassword", "tosecurestring",
  ]
  private static let weak = [
    "token", "credential", "credentials", "sessionid",
  ]
  /// Tokens that are said to be somebody's: more than the parts that parsers read.
  private static let medium = [
    "accesstoken", "authtoken", "apitoken", "secrettoken", "refreshtoken", "bottoken", "bearertoken",
    "deploytoken", "sessiontoken", "usertoken", "personaltoken", "servicetoken", "admintoken", "logintoken",
    "idtoken", "pushtoken", "devicetoken", "registrationtoken", "runnertoken", "agenttoken", "ghtoken",
    "githubtoken", "gitlabtoken", "npmtoken", "slacktoken", "vaulttoken", "roottoken", "csrfsecret",
    "jointoken", "tunneltoken", "verifytoken", "accesstokens", "apitokens", "authtokens",
  ]
  /// The same where another word ends so: only as a word of the name.
  private static let weakWords = [
    "auth", "authorization", "sig", "signature", "salt", "seed", "session", "cookie", "jwt", "nonce", "pat",
    "key", "totp", "webhook", "community", "clave", "creds",
  ]
  private static let mediumWords = ["pass", "pw", "passw", "passe", "mdp"]
  /// The same at the end of a word in small letters: `dbpass`, `bindpw`.
  private static let joined = ["pass", "pw"]
  /// Words that end so and mean something else.
  private static let otherWords: [StaticString] = [
    "bypass", "buypass", "minipass", "askpass", "compass", "encompass", "trespass", "overpass", "underpass",
    "surpass", "renderpass",
    "multipass",
    "subpass", "prepass", "firstpass", "outpass", "repass", "getpw", "setpw", "putpw", "endpw", "newpass",
    "singlepass",
    "lowpass", "highpass", "bandpass", "allpass", "passpass", "onepass", "twopass", "shadowpass", "testpass",
    "mustpass",
  ]
  private static let numbers = [
    "pin", "cvv", "cvc", "cvn", "ssn", "puk", "otp", "pincode", "pinnumber", "geheimzahl",
  ]
  /// The same, told only where a value is given to them: codes are of many kinds.
  private static let numberCodes = [
    "doorcode", "gatecode", "alarmcode", "accesscode", "securitycode", "entrycode", "unlockcode", "safecode",
    "verificationcode", "lockcode", "onetimecode", "authcode", "authenticationcode", "smscode", "mfacode",
    "logincode", "confirmationcode", "garagecode", "vaultcode", "keypadcode", "buildingcode", "pairingcode",
    "unlockingcode", "disarmcode", "lockercode", "simpin", "safecombination", "lockcombination",
    "lockercombination", "vaultcombination",
  ]
  private static let codes = [
    "recoverycode", "backupcode", "scratchcode", "rescuecode", "emergencycode", "recoverycodes",
    "backupcodes", "scratchcodes", "rescuecodes", "emergencycodes", "onetimecodes", "wiederherstellungscode",
    "wiederherstellungscodes", "notfallcode", "notfallcodes", "codesdesecours",
  ]
  private static let phrases = [
    "mnemonic", "seedphrase", "recoveryphrase", "secretphrase", "seedwords", "recoverywords", "backupphrase",
    "mnemonicphrase", "mnemonicwords", "recoveryseed", "walletseed", "walletwords",
  ]
  /// What stands behind such words in names, between them and the value.
  private static let qualifiers = [
    "prod", "production", "dev", "development", "test", "testing", "staging", "stage", "live", "value",
    "string",
    "str", "base", "hex", "plain", "text", "plaintext", "cleartext", "confirm", "confirmation", "new", "old",
    "default", "admin", "root", "env", "local", "main", "primary", "secondary", "backup", "user", "raw",
    "encoded",
    "bytes", "again", "repeat", "current", "master", "readonly", "db",
  ]

  private struct Name {
    var letters: [UInt8]
    var strength: Strength
    var isWord: Bool
    /// Whether words that end so are too many to be looked at where no value can stand behind them.
    var needsValue: Bool {
      strength == .codes || isWord && strength == .weak && !letters.elementsEqual("community".utf8)
        || SecretNames.commonEndings.contains { letters.suffix(3).elementsEqual($0.utf8) }
    }

    /// The fourth letter from the end, which nearly always tells that a name is another; 0 for short ones.
    var fourth: UInt8

    init(_ letters: String, _ strength: Strength, isWord: Bool = false) {
      self.letters = Array(letters.utf8)
      fourth = self.letters.count > 3 ? self.letters[self.letters.count - 4] : 0
      self.strength = strength
      self.isWord = isWord
    }
  }

  /// By their last letters; see `key`.
  private static let names: [Int: [Name]] = Dictionary(
    grouping: strong.map { Name($0, .strong) } + phrases.map { Name($0, .phrase) }
      + medium.map { Name($0, .token) } + weak.map { Name($0, .weak) }
      + numberCodes.map { Name($0, .number) } + codes.map { Name($0, .codes) }
      + weakWords.map { Name($0, .weak, isWord: true) } + mediumWords.map { Name($0, .medium, isWord: true) }
      + joined.map { Name($0, .medium) }
      + numbers.map { Name($0, .number, isWord: true) },
    by: { key(of: $0.letters) })
  /// How many other words end.
  private static let commonEndings = ["ode", "ber", "nal", "ool", "ces", "ten", "ion", "ing"]
  private static let qualifierNames = qualifiers.map { Name($0, .none, isWord: true) }

  /// The names by their endings, the first empty: a table is read sooner than a dictionary.
  private static let groups: [[Name]] = [[]] + names.keys.sorted().map { names[$0]! }
  private static let groupIndices: [UInt8] = {
    var indices = [UInt8](repeating: 0, count: 1 << 15)
    for (index, key) in names.keys.sorted().enumerated() { indices[key] = UInt8(index + 1) }
    return indices
  }()

  /// What three letters may be the end of.
  enum Ending {
    static let name: UInt8 = 1
    static let qualifier: UInt8 = 2
    /// Of a word that a command or a header brings a secret behind.
    static let word: UInt8 = 4
    /// The same, where a value must follow.
    static let rareWord: UInt8 = 8
    /// What is looked at whatever follows.
    static let always = name | word
  }

  /// For three letters, what may end so; see `key`.
  static let endings: [UInt8] = {
    var endings = [UInt8](repeating: 0, count: 1 << 15)
    for (key, names) in names {
      endings[key] |= names.allSatisfy(\.needsValue) ? Ending.qualifier : Ending.name
    }
    for word in SecretCommands.words { endings[key(of: Array(word.utf8))] |= Ending.word }
    for word in SecretCommands.rareWords + SecretCommands.logins {
      endings[key(of: Array(word.utf8))] |= Ending.rareWord
    }
    for qualifier in qualifierNames { endings[key(of: qualifier.letters)] |= Ending.qualifier }
    return endings
  }()

  /// For three letters, the letters before them: a bit for each, and the lowest for what has no more than three.
  static let fourthLetters: [UInt32] = {
    var letters = [UInt32](repeating: 0, count: 1 << 15)
    let words = SecretCommands.words + SecretCommands.rareWords + SecretCommands.logins
    for word in names.values.joined().map(\.letters) + qualifierNames.map(\.letters)
      + words.map({ Array($0.utf8) })
    {
      letters[key(of: word)] |= word.count > 3 ? 1 << UInt32(word[word.count - 4] & 31) : 1
    }
    return letters
  }()

  @inline(__always) static func key(_ first: UInt8, _ second: UInt8, _ third: UInt8) -> Int {
    Int(first & 31) << 10 | Int(second & 31) << 5 | Int(third & 31)
  }

  /// Of the last three letters, or the only two.
  private static func key(of letters: [UInt8]) -> Int {
    key(
      letters.count > 2 ? letters[letters.count - 3] : 0, letters[letters.count - 2],
      letters[letters.count - 1])
  }

  /// Whether names can only be told in assignments.
  @inline(__always) static func isAssignment(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "=") || byte == UInt8(ascii: ":") || byte == UInt8(ascii: "\"")
      || byte == UInt8(ascii: "'") || byte == UInt8(ascii: "]")
  }

  /// Whether a value may stand behind a byte that stands behind a name.
  @inline(__always) static func precedesValue(_ byte: UInt8) -> Bool {
    isAssignment(byte) || byte == UInt8(ascii: "(") || byte == UInt8(ascii: "<") || byte == UInt8(ascii: ">")
      || byte == UInt8(ascii: "|") || byte == UInt8(ascii: ",") || byte == UInt8(ascii: "{") || byte >= 0x80
  }

  /// What the name that ends with a run says of what stands behind it.
  static func strength(_ run: Range<Int>, _ line: SecretLine) -> Strength {
    var end = run.upperBound
    // Numbers of names that are several.
    while end > run.lowerBound, !isLetter(line[end - 1]) { end -= 1 }
    if let plain = name(endingAt: end, line) { return plain }
    // Qualified names are told by what follows, too.
    guard isAssignment(line[line.skippingBlanks(run.upperBound)]) else { return .none }
    for _ in 0..<2 {
      guard let qualifier = qualifierNames.lazy.compactMap({ start(of: $0, endingAt: end, line) }).first
      else { return .none }
      end = qualifier
      while end > line.start, "_-.".utf8.contains(line[end - 1]) || isDigit(line[end - 1]) { end -= 1 }
      if let found = name(endingAt: end, line) { return found }
    }
    return .none
  }

  private static func name(endingAt end: Int, _ line: SecretLine) -> Strength? {
    guard end - line.start >= 2 else { return nil }
    let (second, third) = (line[end - 2], line[end - 1])
    return name(key(line[end - 3], second, third), endingAt: end, line)
      ?? name(key(0, second, third), endingAt: end, line)
  }

  private static func name(_ key: Int, endingAt end: Int, _ line: SecretLine) -> Strength? {
    let group = Int(groupIndices[key])
    if group == 0 { return nil }
    let fourth = line[end - 4]
    if isLetter(fourth), fourthLetters[key] & (1 << UInt32(fourth & 31) | 1) == 0 { return nil }
    for name in groups[group] where !isLetter(fourth) || name.fourth == 0 || name.fourth == fourth | 0x20 {
      guard let start = start(of: name, endingAt: end, line) else { continue }
      if name.strength == .medium, !name.isWord, !isJoined(start, end, line) { continue }
      if name.strength == .strong, isNameOfSecret(start, end, line) { return .weak }
      let isStrong = name.strength == .medium && (!name.isWord || isPassword(start, line))
      return isStrong ? .strong : name.strength
    }
    return nil
  }

  /// Whether small letters stand before, and no other word ends so.
  private static func isJoined(_ start: Int, _ end: Int, _ line: SecretLine) -> Bool {
    let isLower = isLowerCase(line[start - 1]) && isLowerCase(line[start - 2]) && isLowerCase(line[start])
    let isUpper = isUpperCase(line[start - 1]) && isUpperCase(line[start - 2]) && isUpperCase(line[start])
    // The command is no name, the variable that it reads is one.
    guard isLower && !line.has("ssh", at: start - 3) || isUpper else { return false }
    return !otherWords.contains { line.has($0, at: end - $0.utf8CodeUnitCount) }
  }

  /// Whether what is named is where a secret is kept: `existingSecret`, `imagePullSecret`.
  private static func isNameOfSecret(_ start: Int, _ end: Int, _ line: SecretLine) -> Bool {
    guard end - start == 6, line.has("secret", at: start) else { return false }
    let words: [StaticString] = [
      "existing", "pull", "from", "from_", "tls", "external", "existing_", "existing-",
    ]
    return words.contains { line.has($0, at: start - $0.utf8CodeUnitCount) }
  }

  /// Whether the word before `_pass` is none that has passes of other kinds.
  private static func isPassword(_ start: Int, _ line: SecretLine) -> Bool {
    guard
      line[start - 1] == UInt8(ascii: "_") || line[start - 1] == UInt8(ascii: "-")
        || line[start - 1] == UInt8(ascii: ".") && !line.has("self.", at: start - 5)
          && !line.has("this.", at: start - 5)
    else { return false }
    let others: [StaticString] = [
      "render", "first", "second", "last", "next", "shadow", "depth", "light", "lighting", "post", "compute",
      "multi",
      "single", "one", "two", "low", "high", "band", "all", "must", "should", "tests", "is", "num", "season",
      "final",
    ]
    return !others.contains {
      line.hasWord($0, at: start - 1 - $0.utf8CodeUnitCount)
        || line.has($0, at: start - 1 - $0.utf8CodeUnitCount)
    }
  }

  /// Where a name begins that ends at `end`, in letters of either case with `_`, `-` or `.` between its words.
  private static func start(of name: Name, endingAt end: Int, _ line: SecretLine) -> Int? {
    var offset = end
    for letter in name.letters.reversed() {
      var byte = line[offset - 1]
      let isSeparator =
        byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
        || byte == 0x20 && name.letters.count > 5
      if offset < end, isSeparator {
        offset -= 1
        byte = line[offset - 1]
      }
      guard byte | 0x20 == letter, isLetter(byte) else { return nil }
      offset -= 1
    }
    guard name.isWord else { return offset }
    let (before, first) = (line[offset - 1], line[offset])
    let isHump = isUpperCase(first) && (isLowerCase(before) || isLowerCase(line[offset + 1]))
    return isLetter(before) && !isHump ? nil : offset
  }

  /// Whether letters hold the name of a secret: what a variable or a label is called.
  static func isMention(_ text: some Sequence<UInt8>) -> Bool {
    for word in text.split(separator: 0x20) {
      let letters = word.filter(isLetter).map { $0 | 0x20 }
      let isFound = mentions.contains { mention in
        letters.count >= mention.count
          && (0...letters.count - mention.count).contains {
            letters[$0..<$0 + mention.count].elementsEqual(mention)
          }
      }
      if isFound { return true }
    }
    return false
  }

  private static let mentions = [
    "password", "passwd", "passwort", "kennwort", "passphrase", "passcode", "secret", "token", "apikey",
    "pwd",
    "credential", "contrase", "motdepasse", "senha", "wachtwoord",
  ].map { Array($0.utf8) }
}
