/// Words that stand beside the names of secrets without being one.
enum SecretWords {
  /// What is said of passwords, and what stands where there is none: types, values of no meaning, labels.
  private static let statuses = set(
    """
    string str text varchar char bytes byte number integer int bool boolean true false yes no null nil none undefined
    any object optional required needed missing empty blank set unset valid invalid correct incorrect wrong weak strong
    secure insecure safe unsafe stored saved kept hashed salted encrypted plain plaintext cleartext expired changed
    unchanged reset sent shown hidden visible masked protected compromised leaked stolen known unknown forgotten lost
    good bad fine okay here there it this that these those too very so not never always now then below above
    given entered typed asked prompted read written used unused allowed forbidden accepted rejected checked verified
    supplied received provided passed loaded found present absent returned created deleted revoked refreshed cached
    configured chosen recommended supported deprecated ignored accessible available included
    commented uncommented disallowed
    really actually simply probably usually often sometimes still just currently case sensitive up out files both same
    generated random automatic disabled enabled default defaults example sample placeholder redacted removed omitted
    secret private public hello value values input output field label hint title name type kind format pattern regex
    identifier variable constant argument parameter property key keys user username login email mail form
    function method class struct enum interface type token tokens password passwords passphrase passcode passwort
    obligatoire facultatif invalide incorrect incorrecte oublié expiré modifié partagé vide masqué
    inválida inválido incorrecto caducada vencida olvidada cambiada vacía segura débil
    dimenticata scaduta valida errato vuota obbligatoria richiesta
    vergessen abgelaufen geändert ungültig gültig gespeichert sichtbar verborgen unsichtbar unverschlüsselt
    verplicht ongeldig vergeten verlopen onjuist leeg glömt ogiltigt krävs felaktigt nieprawidłowe zapomniane
    wygasło puste esquecida expirada vazia
    wymagane vereist krävs requis requise requerida obrigatória obligatorio incorrecta incorrecto errata
    kennwort falsch richtig gesetzt leer notwendig erforderlich gespeichert verschlüsselt self this super
    str bytearray uint8 symbol secretstr securestring nsstring stringvalue charsequence data void auto var let const
    readonly static final async await lazy weak unowned override abstract native inherit initial
    """)

  /// Words that hold sentences together: a phrase of drawn words has none of them.
  private static let function = set(
    """
    a an the is are was were be been being am to of in on at by for with from as and or if when than then but your you
    we our they their its it this that which who what how why where must should shall can cannot could may might will
    would do does did done don't doesn't isn't has have had not no only also please enter choose type use using used
    too minimum maximum min max minimaal mindestens minst mínimo não jest není não не менее будет или и для
    files compat systemd see siehe via ask
    again least longer shorter between contain contains containing characters character letters digits required invalid
    forgot forgotten change changed reset confirm confirmation match matches enough such all any each every into about
    der die das ist sind und oder nicht ein eine muss bitte im zu mit dem den für ihr von wird wurde sie auf als
    le la les est et ou un une des votre pour pas el los de en su para que por uma seu
    """)

  /// What stands beside such words in the names of variables and in placeholders.
  private static let beside = set(
    """
    my our user admin root db database app api client server account service insert some super current old new
    confirm confirmation repeat again hash form login first second email here me put replace todo fixme access auth
    """)

  /// Kinds of hashes, encodings and protocols, which have digits too.
  private static let technical = set(
    """
    scram-sha-256 utf8 utf-8 utf16 utf32 utf-16 base64 base32 base58 sha1 sha-1 sha256 sha-256 sha512 sha-512 sha3 md5 aes128 aes256
    aes-256 argon2 argon2id oauth2 http2 http/2 https ipv4 ipv6 int8 int16 int32 int64 uint8 uint16 uint32 uint64
    uint8_t uint16_t uint32_t uint64_t u8 u16 u32 u64 i32 i64 f32 f64 python3 python2 win32 x86_64 amd64 arm64 base64url
    ed25519 x25519 p256 rs256 hs256 es256 pbkdf2 k8s i18n l10n mp3 mp4 h264 h265 string? str? wpa2 wpa3 user/password
    username/password login/password and/or
    """)

  /// What types and encodings are called before the number of their bits; a password may be a word and a number.
  private static let sizedRoots = set(
    """
    int uint sint float bfloat utf ucs word dword char wchar uchar bool complex fixed real double long short byte bit
    bits simd vec u i f s b d le be crc aes sha rc base hex win arm quint qint guint gint cfloat nat mask xxh xxhash
    fnv siphash murmur
    """)

  private static let leadingKeywords = set(
    "new await async try try? try! not lambda function func return yield typeof throw in is as if else case self"
  )

  private static func set(_ words: String) -> Set<String> {
    Set(words.split { $0 == " " || $0 == "\n" }.map(String.init))
  }

  /// What stands in a file of settings where there is no value.
  private static let nothing = set(
    "string str true false yes no null nil none undefined required optional unset empty changeme secret password"
  )

  /// Words of programs that stand before a name and a colon.
  private static let statementWords = set(
    """
    case default if else elif while for return switch let var val const static final private public protected internal
    override func fun def fn type interface struct class enum in is as throw yield when then do param params argument
    returns raises arg args note todo fixme see enter error warning
    """)

  /// Statements of one word, and headings.
  private static let jumps = set(
    """
    break continue return pass fallthrough goto begin end then else raise throw yield done exit next redo retry stop
    description usage note notes warning example examples synopsis options arguments parameters see
    """)

  static func isJump(_ bytes: some Collection<UInt8>) -> Bool { jumps.contains(lowercased(bytes)) }

  /// What YAML's tags are called by programs that put something in for them.
  private static let tags = set(
    "vault secret secrets ref sub include env environment binary str string input join reference encrypted sops unsafe"
  )

  static func isTag(_ bytes: some Collection<UInt8>) -> Bool { tags.contains(lowercased(bytes)) }

  static func isStatementWord(_ bytes: some Collection<UInt8>) -> Bool {
    statementWords.contains(lowercased(bytes))
  }

  /// Parts of what is said of passwords in other languages, where no list of words would do.
  private static let remarks = [
    "请", "不能", "至少", "位以", "字符", "文字以", "入力", "입력", "이상", "символ", "знаков", "должен", "неверн", "обязат",
    "caractèr", "zeichen", "znak", "tecken", "tekens", "merkkiä", "caractere", "caratteri",
  ].map { Array($0.utf8) }

  /// Words of a wallet: a dozen and more of them, short, without capitals and without those that join sentences.
  static func isSeed(_ bytes: some BidirectionalCollection<UInt8>) -> Bool {
    let words = bytes.split(separator: 0x20)
    return [12, 15, 18, 21, 24].contains(words.count)
      && words.allSatisfy { $0.count >= 3 && $0.count <= 8 && $0.allSatisfy(isLowerCase) }
  }

  static func isRemark(_ bytes: Slice<UnsafeRawBufferPointer>) -> Bool {
    guard bytes.contains(where: { $0 >= 0x80 || isBlank($0) }) else { return false }
    let text = UnsafeRawBufferPointer(rebasing: bytes)
    return remarks.contains { remark in
      text.count >= remark.count
        && (0...text.count - remark.count).contains { start in
          remark.indices.allSatisfy { text[start + $0] | 0x20 == remark[$0] | 0x20 }
        }
    }
  }

  /// What devices are told of passwords and keys other than what they are.
  private static let directiveWords = set(
    """
    encryption encrypted policy required recovery minimum maximum length history aging complexity strict config
    config-key chain local generate zeroize import export mypubkey authenticated trusted source server servers group
    host hosts map prompt prompts sha md5 des aes 3des rsa dsa protect change view manager management expire expires
    hash hash-format check quality unencrypted cleartext plain type column field file
    """)

  /// What stands behind the name of a secret in the names of other things.
  private static let aspects = set(
    """
    strength policy hint length type field status manager reset expiry age rule rules format encryption hash label name
    confirmation required file path source store provider algorithm function method mode error message prompt input
    complexity history count retries attempts protection generator authentication change update question questions
    option options settings section column table verification validation validator requirements size limit timeout
    """)

  static func isAspect(_ bytes: some Collection<UInt8>) -> Bool { aspects.contains(lowercased(bytes)) }

  /// Between names and values in the lines of devices: how the value is written.
  private static let notations = set(
    "ascii hex cipher simple encrypted clear plain-text clear-text plaintext 0 5 7 8 9 --plaintext --iscrypted --lock"
  )

  static func isNotation(_ bytes: some Collection<UInt8>) -> Bool { notations.contains(lowercased(bytes)) }

  static func isDirectiveWord(_ bytes: some Collection<UInt8>) -> Bool {
    directiveWords.contains(lowercased(bytes))
  }

  static func isNothing(_ bytes: some Collection<UInt8>) -> Bool { nothing.contains(lowercased(bytes)) }
  static func isStatus(_ bytes: some Collection<UInt8>) -> Bool { statuses.contains(lowercased(bytes)) }
  static func isTechnical(_ bytes: some BidirectionalCollection<UInt8>) -> Bool {
    technical.contains(lowercased(bytes)) || isSizedType(bytes)
  }

  /// A type that is named with its size in bits: `UInt64`, `float32?`, `uint8_t`.
  private static func isSizedType(_ bytes: some BidirectionalCollection<UInt8>) -> Bool {
    let letters = bytes.prefix(while: isLetter)
    let digits = bytes.dropFirst(letters.count).prefix(while: isDigit)
    let rest = bytes.dropFirst(letters.count + digits.count)
    return sizedRoots.contains(lowercased(letters))
      && ["8", "16", "32", "64", "128", "256", "512"].contains(String(decoding: digits, as: UTF8.self))
      && rest.allSatisfy { "?![]*&_t,;)".utf8.contains($0) }
  }
  static func isBeside(_ bytes: some Collection<UInt8>) -> Bool { beside.contains(lowercased(bytes)) }
  static func isFunction(_ bytes: some Collection<UInt8>) -> Bool { function.contains(lowercased(bytes)) }
  static func isLeadingKeyword(_ bytes: some Collection<UInt8>) -> Bool {
    leadingKeywords.contains(String(decoding: bytes, as: UTF8.self))
  }

  /// Words that join two others without saying anything of them.
  private static let joining = set(
    "and or of in on with the a und oder mit im am der die das et ou de du en y o con e di")

  /// Whether a few words are joined as in a name or a phrase that somebody thought of: `salt and pepper`.
  static func isJoinedPhrase(_ bytes: Slice<UnsafeRawBufferPointer>) -> Bool {
    let words = bytes.split(separator: 0x20)
    guard words.count >= 3, words.count <= 5, !SecretNames.isMention(bytes) else { return false }
    let joints = words.count { joining.contains(lowercased($0)) }
    return joints == 1 && !joining.contains(lowercased(words.first!))
      && !joining.contains(lowercased(words.last!))
      && words.allSatisfy { word in
        joining.contains(lowercased(word))
          || word.allSatisfy(isNameByte) && !isFunction(word) && !isStatus(word) && !isAspect(word)
            && !isBeside(word)
      }
  }

  /// Whether words make a sentence, or the part of one.
  static func isSentence(_ bytes: some BidirectionalCollection<UInt8>) -> Bool {
    let words = bytes.split { isBlank($0) || $0 == UInt8(ascii: ",") }
    guard let last = words.last?.last else { return true }
    if words.count > 16 { return true }
    if words.count > 2 && "?…".utf8.contains(last) { return true }
    return words.contains { isFunction($0) }
  }

  private static func lowercased(_ bytes: some Collection<UInt8>) -> String {
    String(decoding: bytes.prefix(24).map { isUpperCase($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
  }
}
