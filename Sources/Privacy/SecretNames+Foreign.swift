/// Names of secrets that are written with letters beyond ASCII.
extension SecretNames {
  private struct ForeignName {
    /// Before the first byte beyond ASCII, in lower case.
    var before: [UInt8]
    /// From that byte on.
    var rest: [UInt8]

    init(_ name: String) {
      let bytes = Array(name.utf8)
      let first = bytes.firstIndex { $0 >= 0x80 }!
      before = bytes[..<first].map { isUpperCase($0) ? $0 | 0x20 : $0 }
      rest = Array(bytes[first...])
    }
  }

  private static let foreign = words(
    """
    contraseña contraseñas contraseÑa clé+wifi clé+wi-fi clé+wpa clé+secrète clé+api clé+réseau clé+d'accès code+d'accès lösenordet
    wlan-schlüssel wlanschlüssel wlan+schlüssel wpa-schlüssel wpa2-schlüssel wpaschlüssel netzwerkschlüssel
    sicherheitsschlüssel zugangsschlüssel api-schlüssel passwörter türcode hasło hasła HASŁO lösenord lÖsenord lykilorð
    şifre şifresi Şifre ŞİFRE jelszó jelszÓ parolă salasõna slaptažodis slaptažodį fjalëkalimi mật+khẩu aðgangsorð
    pasfhócal código+de+acceso código+secreto código+pin código+de+verificación
    пароль Пароль ПАРОЛЬ пароля парола Парола лозинка Лозинка гасло пін-код пин-код Пин-код кодовое+слово
    секретный+ключ Секретный+ключ ключ+доступа құпиясөз κωδικός Κωδικός κωδικός+πρόσβασης Κωδικός+πρόσβασης συνθηματικό
    סיסמה סיסמא كلمة+المرور كلمة+السر كلمه+المرور الرقم+السري گذرواژه رمز+عبور رمز+ورود
    รหัสผ่าน รหัสลับ पासवर्ड পাসওয়ার্ড கடவுச்சொல் პაროლი գաղտնաբառ
    密码 密碼 密钥 密鑰 金鑰 秘钥 口令 暗証番号 暗号キー パスワード パスコード パスフレーズ 비밀번호 비번 암호 패스워드
    """)

  /// Words apart, `+` for a blank within one; the longest first, as shorter ones begin others.
  private static func words(_ text: String) -> [ForeignName] {
    text.split { $0 == " " || $0 == "\n" }.map {
      ForeignName(String($0.map { $0 == "+" ? " " : $0 }))
    }.sorted { $0.rest.count > $1.rest.count }
  }

  /// By the first byte beyond ASCII.
  private static let foreignByStart: [[ForeignName]] = (0..<256).map { byte in
    foreign.filter { $0.rest[0] == UInt8(byte) }
  }

  /// The bytes where such names, or their parts beyond ASCII, begin.
  static let foreignStarts: Set<UInt8> = Set(foreign.map { $0.rest[0] })

  /// The end of the name that begins at `start` or goes through it.
  static func foreignNameEnd(_ text: UnsafeRawBufferPointer, _ start: Int) -> Int? {
    let left = text.count - start
    for name in foreignByStart[Int(text[start])] where name.rest.count <= left && name.before.count <= start {
      guard name.rest.indices.allSatisfy({ text[start + $0] == name.rest[$0] }) else { continue }
      let isWhole = name.before.indices.allSatisfy { index in
        let byte = text[start - name.before.count + index]
        return (isUpperCase(byte) ? byte | 0x20 : byte) == name.before[index]
      }
      if isWhole { return start + name.rest.count }
    }
    return nil
  }

  /// "is" behind names in scripts without blanks.
  private static let foreignVerbs = ["是", "为", "為", "は", "은", "는", "คือ"].map { Array($0.utf8) }

  /// Where the value begins behind such a verb.
  static func foreignVerbEnd(_ offset: Int, _ line: SecretLine) -> Int? {
    foreignVerbs.first { verb in verb.indices.allSatisfy { line[offset + $0] == verb[$0] } }.map {
      offset + $0.count
    }
  }
}
