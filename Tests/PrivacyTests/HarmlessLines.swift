/// Lines that hold no secrets, though some look as if they did.
enum HarmlessLines {
  /// Written before the detector.
  static let first = lines(
    #"""
    testThatTheServerAnswersEveryRequestWithin30Seconds
    IOUSBHostDeviceInterfaceV2ABI3Delegate
    passwordResetTokenExpirationIntervalInSeconds
    _mm512_mask_cvtepi32_epi8
    MTLRenderPipelineColorAttachmentDescriptorArray
    kSecAttrAccessibleWhenUnlockedThisDeviceOnly
    NSURLSessionAuthChallengePerformDefaultHandling
    AbstractSingletonProxyFactoryBeanPostProcessorV2
    std::__cxx11::basic_string_literal_operators_v1
    PyUnicode_AsEncodedStringWithErrorHandler_2to3
    Sources/LanguageServer/Session/Configuration.swift
    /usr/lib/x86_64-linux-gnu/libstdc++.so.6.0.33
    internationalisation-and-localisation-2024
    Donaudampfschifffahrtsgesellschaftskapitän
    Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz
    ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789
    password = readPassword()
    let token = tokens[i]
    let token: String = next()
    passwordField.text = nil
    token: Token
    var password: String
    def login(user: str, password: str) -> bool:
    "password": "string",
    password: string;
    password: ${DB_PASSWORD}
    password: $DB_PASSWORD
    password: "{{ vault_password }}"
    password = os.environ["DB_PASSWORD"]
    const token = process.env.API_TOKEN
    PASSWORD=<password>
    PASSWORD=
    password:
    if password == nil { password = ask("2nd try") }
    return password == other.password
    The password is stored hashed.
    my password is wrong
    The password is required and must have 8 characters.
    Your password has expired, choose another one.
    Enter the password: it is not shown.
    "forgotPassword": "Forgot your password?",
    <label for="password">Password</label>
    <input type="password" name="password" placeholder="Password">
    <a href="/reset-password">Reset it</a>
    ISBN 978-3-16-148410-0
    call +49 30 1234567 or 555-123-4567
    2024-11-28T21:10:12Z
    version 12.4.1-rc.2+build.2024
    let maximum = 9223372036854775807
    4611686018427387904
    x = 0x1234567890abcdef
    color: #ff8800aa;
    123e4567-e89b-12d3-a456-426614174000
    application/vnd.openxmlformats-officedocument.wordprocessingml.document
    import { PasswordValidator } from '../validators/password-validator'
    import com.example.security.PasswordEncoderFactories
    ^(?=.*[A-Z])(?=.*\d)[A-Za-z\d]{8,}$
    https://example.com:8080/path/user@example.com
    https://user@example.com/repository.git
    http://[2001:db8::1]:8080/
    see https://docs.example.com/guides/authentication-and-authorization-overview
    \begin{equation}\label{eq:password}
    movq %rax, -0x18(%rbp)
    token := lexer.next()
    self.token = token
    password=password, username=username)
    this.password = password;
    keyToken: KeyToken = KeyToken()
    tokens: [Token] = []
    for token in tokens { print(token) }
    case token(kind: Kind, text: String)
    $password = $_POST['password'];
    $this->password = $password;
    curl -u "$USER:$PASS" https://example.com
    curl -u ann https://example.com
    mkdir -p build/output
    ssh -p 2222 ann@example.com
    mysql -u root -p shop
    docker run -p 8080:80 nginx
    Authorization: Bearer <token>
    "Authorization": "Bearer " + token
    headers["Authorization"] = `Bearer ${token}`
    echo "$1 and $2"
    s/\(foo\)/$1$2/
    the secret of success is patience
    Он забыл пароль и ушёл домой.
    密码不能为空
    pin = 13
    PIN 4 of the connector
    SELECT password FROM users WHERE id = 1
    password VARCHAR(255) NOT NULL
    assert(token.kind == .identifier)
    key: value
    primaryKey: id
    <T: Token>(token: T)
    password?: string
    --password-file FILE
    const size_t token_count = 1024;
    let passwordLength = 12
    """#)

  static func lines(_ text: String) -> [String] { text.split(separator: "\n").map(String.init) }
}
