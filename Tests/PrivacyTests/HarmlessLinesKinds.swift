extension HarmlessLines {
  /// The counterparts of `SecretShapes.kinds`: programs, files of settings and sentences about secrets that hold none.
  static let kinds = lines(
    #"""
    the password field is required
    password = getPassword()
    let token = lexer.next()
    key: value
    secretName: my-app-tls
    <input type="password" name="password" placeholder="Password">
    password: String
    "password": "string"
    self.password = password
    token = self.tokens[self.pos]
    let key = keys[i]
    key = (row, col)
    sorted(items, key=len)
    password = os.environ["DB_PASSWORD"]
    DB_PASSWORD=$(cat /run/secrets/db)
    password: "{{ vault_password }}"
    passwordField.isSecureTextEntry = true
    forgot_password: Forgot your password?
    error_wrong_password = Wrong password, try again
    msgstr "Passwort"
    Password for ann@x.org:
    The secret is to stir slowly.
    She kept the secret for years.
    - `token`: an access token
    @param password the user's password
    /// - Parameter password: the password to hash
    resetPasswordForUserWithIdentifier
    AbstractAuthenticationTokenProviderFactory
    viewControllerForPresentingAuthenticationUI
    com.example.myapp.authentication.TokenManager
    /etc/ssl/certs/ca-certificates.crt
    https://example.com/docs/api-keys#rotate
    ssh://git@github.com/a/b.git
    http://localhost:8080/api/v1/users
    mailto:ann@x.org
    user@host:/var/www
    std::string password;
    char password[64];
    public String getPassword() { return password; }
    def login(user, password):
    function login(username: string, password: string): Promise<Token>
    case .token(let kind):
    struct Token: Equatable {
    token->next = NULL;
    tokens.append(token)
    return token.value
    expect(token).toBe(null)
    key = 'id'
    "key": "name",
    keyPath: \.name
    foreign_key: user_id
    sort_key: created_at
    api_key = "<your key here>"
    password: "********"
    secrets: inherit
    secretKeyRef:
    name: db-credentials
    imagePullSecrets:
    passwordSecretRef: { name: db, key: password }
    git commit -m "Fix password reset"
    grep -rn password src/
    passwd ann
    mysql -u root -p
    ssh -p 2222 ann@host
    curl -X POST https://x.org/login
    tar -xzf a.tar.gz
    openssl req -new -key server.key -out server.csr
    lodash@4.17.21
    UTF-8 BOM
    ERROR_INVALID_PASSWORD
    PASSWORD_MAX_AGE=90
    passwordHash
    t.string :password_digest
    validates :password, presence: true, length: { minimum: 6 }
    params.require(:user).permit(:email, :password)
    <label for="password">Password</label>
    <string name="password_hint">Enter your password</string>
    .password-field { color: red; }
    document.getElementById("password").value
    $password = $_POST['password'];
    <?php echo $password; ?>
    password := r.FormValue("password")
    const PASSWORD_REGEX = /^(?=.*[A-Z]).{8,}$/;
    print("Wrong password")
    assert token.type == TokenType.NUMBER
    auth: true
    auth: none
    authorization: required
    Authorization: Bearer ${TOKEN}
    bearer token authentication
    csrf_token: false
    token_type: bearer
    response_type=token
    GPIO pin = 13
    pin 1 is ground
    int pin = A0;
    seed = 42
    user/login
    and/or
    root/home
    send "hello\r\n"
    code: 404
    Error code: E1234
    error code: 0x80070005
    zip code: 10115
    the code is simple
    requires_password: true
    The token is expired
    Please enter your PIN
    Entrez votre mot de passe
    Введите пароль
    <h2>Change password</h2>
    <p>Your password was changed.</p>
    <a href="/password/reset">Forgot password?</a>
    $this->passwordEncoder->encodePassword($user, $password)
    password_verify($password, $hash)
    protected $hidden = ['password', 'remember_token'];
    'password' => 'required|string|min:8|confirmed',
    'password' => Hash::make('password'),
    private String password = null;
    String token = jwtUtil.generateToken(user);
    const { password, ...rest } = user;
    const token = jwt.sign({ id }, process.env.JWT_SECRET);
    req.headers.authorization?.split(' ')[1]
    localStorage.getItem('token')
    axios.defaults.headers.common['Authorization'] = `Bearer ${token}`
    onChange={(e) => setPassword(e.target.value)}
    password: yup.string().required('Password is required'),
    password: z.string(),
    type Credentials = { username: string; password: string };
    let passwordField = UITextField()
    SecureField("Password", text: $password)
    @Published var token: String?
    guard let token = token else { return }
    static let passwordKey = "password"
    enum Keys: String { case token, password }
    case accessToken = "access_token"
    data class Login(val user: String, val password: String)
    binding.password.text.toString()
    android:hint="@string/password"
    <string name="prompt_password">Enter password</string>
    password = getpass("Enter password: ")
    @click.option("--password", prompt=True, hide_input=True)
    token = request.headers.get("Authorization")
    token, created = Token.objects.get_or_create(user=user)
    def tokenize(text): return text.split()
    tokenizer = AutoTokenizer.from_pretrained("bert-base-uncased")
    key = event.key
    key = f"{a}:{b}"
    keys = list(d.keys())
    cache_key = "user:" + str(id)
    "sortKey": "createdAt",
    api_key = settings.API_KEY
    API_KEY = os.getenv("API_KEY", "")
    secret = app.config["SECRET_KEY"]
    SECRET_KEY=${SECRET_KEY:?err}
    token: ${{ secrets.GITHUB_TOKEN }}
    env: { API_KEY: "{{ api_key }}" }
    no_log: true # password
    password = var.db_password
    secret_id = aws_secretsmanager_secret.db.id
    ssh_keys = [digitalocean_ssh_key.main.id]
    volumes: ["db-secrets:/run/secrets"]
    secretRef: { name: app-secrets }
    - name: DB_PASSWORD
    kubectl get secret db -o yaml
    vault kv get secret/db
    gh auth token
    openssl passwd -6
    htpasswd -c .htpasswd ann
    chpasswd < users.txt
    pwd
    OLDPWD=/tmp
    user: root
    login: ann
    login/logout
    admin/users/edit.html
    root/boot/grub
    admin:users:list
    chown root:wheel /etc/sudoers
    http://localhost:3000/admin
    https://x.org/login?next=/home
    https://x.org/users/@ann
    npm i lodash/fp@4.17
    /p:Configuration=Release /p:Platform=x64
    main.c:12:5: error: expected token
    foo.py:10:12:E501:line too long
    send "Hello, world\n"
    expect(page).to have_content "Password"
    expect "password:"
    set password policy strict
    aaa new-model
    code: 200
    access code review process
    country_code = 49
    zipcode: 90210
    status_code == 404
    postcode 10115
    barcode: 4006381333931
    pin: 4
    tan = 180
    np.random.seed(12345)
    Pass: 12, Fail: 3
    pass: 10
    pass = true
    passed = 12
    pass1, pass2
    PASS tests/test_a.py
    PASS src/App.test.js
    --- PASS: TestToken (0.00s)
    --- FAIL: TestPassword (0.01s)
    pw.println("hello");
    credentials: include
    account: Main
    auth = HTTPBasicAuth(user, pw)
    user = User(name, email)
    username: ann
    session.auth = (user, password)
    #define PASSWORD_MAX 64
    max_tokens: 1024
    tokens/sec: 45.2
    total_tokens=1532
    Base64Encoder
    sha1sum file.iso
    Passwords must contain a digit.
    password - a string of at least 8 characters
    The token stream is rewound.
    while (token != EOF) { token = scanner.next(); }
    token.type = TOKEN_STRING;
    #define TOKEN_MAX 256
    next_token = self.peek()
    var token = tokens.removeFirst()
    expect(TokenKind.leftParen)
    for key in sorted(d): print(key, d[key])
    map[key] = 42
    key == "Enter"
    key: 'a'
    key={item.id}
    PRIMARY KEY (id)
    password VARCHAR(255) NOT NULL,
    "password" varchar NOT NULL
    ALTER TABLE users ADD COLUMN password_hash TEXT;
    SELECT username, password FROM users;
    INSERT INTO users (name, password) VALUES ($1, $2)
    WHERE password = :password
    ALTER USER ann WITH PASSWORD NULL;
    password = serializers.CharField(write_only=True)
    password = forms.CharField(widget=forms.PasswordInput)
    password = db.Column(db.String(60), nullable=False)
    password: Mapped[str] = mapped_column(String(60))
    password: SecretStr
    password: Optional[str] = None
    token: str = Depends(oauth2_scheme)
    secret = b""
    password = ''
    password = nil
    password: null,
    password: "",
    PASSWORD=""
    unset PASSWORD
    read -s PASSWORD
    read -sp "Password: " password
    echo "$PASSWORD" | sudo -S ls
    sshpass -f pwfile ssh ann@h
    mysql -u root -p"$PW"
    PGPASSWORD=$PW psql
    curl -u $USER:$PASS x
    wget --ask-password x
    git remote add origin git@github.com:a/b.git
    docker login -u ann --password-stdin
    scp -P 2222 a ann@h:b
    grep -i password log.txt
    sort -u -k2 file
    gpg --gen-key
    keytool -list -keystore x.jks
    "jsonwebtoken": "^9.0.2",
    "passport-local": "^1.0.0"
    implementation("io.jsonwebtoken:jjwt-api:0.12.3")
    from app.core.security import create_access_token
    @import "password-field";
    .token.keyword { color: #07a; }
    <div class="token punctuation">
    <th>Password</th><td>Change</td>
    <label>Password <input type="password"></label>
    <input type="password" id="password" required minlength="8">
    <input name="token" type="hidden" value="{{ csrf }}">
    <PasswordInput label="Password" required />
    <xs:element name="password" type="xs:string"/>
    <password>${env.NEXUS_PW}</password>
    <entry key="password">%s</entry>
    "password": { "type": "string", "minLength": 8 },
    "in": "header", "name": "X-API-Key"
    {"password": "too short"}
    {"token": "<jwt>"}
    password.incorrect=The password is incorrect.
    login.password=Password
    error.password.short=Password is too short
    wrongPassword: 'Wrong password',
    enterPin: "Enter PIN",
    PIN code required
    Passwort: mindestens acht Zeichen
    mot de passe : 8 caractères minimum
    Пароль неверный
    Пароль: не менее 8 символов
    密码：请输入6位以上
    Hasło jest wymagane
    the key is to practise daily
    his secret was safe with her
    pass me the salt
    pass the token to the next handler
    a token of appreciation
    credentials were rejected
    account: savings
    user: ann / role: admin
    root/home/ann
    login / logout / register
    a/b testing
    root:x:0:0:root:/root:/bin/bash
    2024-01-02 10:11:12 user:login ok
    http://h:8080/x:y@z
    ann@x.org: hello
    @user:matrix.org
    git@x.org:22
    abcdEFGH1234
    func tokenize(_ text: String) -> [Token] {
    struct Token { var kind: Kind; var range: Range<Int> }
    guard case .identifier(let name) = token.kind else { return }
    if token.isKeyword { continue }
    self.key = key
    keys.append(key)
    dictionary[key, default: 0] += 1
    let seed: UInt64 = 11
    let pass = commandBuffer.makeRenderPass()
    for pass in passes { pass.run() }
    compiler pass: dead code elimination
    first pass = parse, second pass = emit
    Password strength meter
    password_min_length: 12
    password_encryption = scram-sha-256
    PasswordAuthentication no
    ChallengeResponseAuthentication no
    auth required pam_unix.so
    password [success=1 default=ignore] pam_unix.so obscure yescrypt
    auth_basic_user_file /etc/nginx/.htpasswd;
    ssl_certificate_key /etc/ssl/private/key.pem;
    ssl_password_file /etc/keys/global.pass;
    AuthUserFile /etc/apache2/.htpasswd
    requirepass
    bind_password_file: /run/secrets/ldap
    IdentityFile ~/.ssh/id_ed25519
    user  nginx;
    User=postgres
    secretName: tls-secret
    secretKey: password
    secret_name = "prod/db"
    key_id = "alias/app"
    token_endpoint: https://x.org/token
    token_ttl = "1h"
    access_token_url = x
    password_field = driver.find_element(By.ID, "password")
    page.fill("#password", password)
    await page.getByLabel('Password').fill(pw);
    it('should reject a wrong password', async () => {
    def test_password_is_hashed(self):
    @Test void shouldFailOnWrongPassword() {
    assert_not_equal user.password, "x"
    throw new Error("Invalid token");
    return Err(Error::InvalidToken)
    console.log("password updated");
    fmt.Print("Enter password: ")
    println!("token: {:?}", token);
    print(f"key: {key} value: {value}")
    echo "Enter your password:"
    alert('Please enter your password');
    toast.error("Password too weak")
    i18n.t("login.forgotPassword")
    _("Confirm password")
    "confirmPassword": "Confirm password",
    "passwordMismatch": "The passwords do not match",
    "token": "Token",
    "apiKey": "API key",
    "username": "User name"
    account_settings: Account settings
    credentials_invalid: The credentials are invalid
    No API key was given.
    Set the API key in the settings.
    The token is then verified.
    A refresh token lives for 30 days.
    Use a long password with symbols.
    Change your password every 90 days.
    She forgot the password again.
    "What is the password?" he asked.
    The password protects the archive.
    Top secret documents
    Secret Garden, chapter 3
    the pin 3 of port B
    pin_count = 28
    The code was 404.
    error code = -1
    backup code path
    Karte: Nummer und PIN
    Das Passwort darf nicht leer sein.
    Passwort bestätigen
    Passwort: erforderlich
    clé primaire
    La clave es la paciencia.
    Пароль должен быть длинным
    密码不正确
    パスワードが違います
    https://x.org/a?key=name
    https://x.org/#/login
    https://user@x.org/
    file:///home/ann/a@b
    http://[::1]:3000/@vite/client
    https://cdn.x.org:443/npm/vue@3/dist/vue.js
    urn:uuid:550e8400-e29b-41d4-a716-446655440000
    com.google.android.gms.auth.api.signin
    kSecClassInternetPassword
    UITextContentTypeOneTimeCode
    192.168.1.1:8080
    Password  *string
    CREATE USER name IDENTIFIED BY 'password'
    password should be changed soon
    passphrase: the words that protect the key
    password: $password
        self.password = @password
    pass: "failed"
    func test_conversion_to_BinaryInteger_exact() {
    test_unsafeUninitializedInitializer_nothrow
    live_PreviewProviderFactoryForCanvasState
    class Minipass extends EventEmitter {
    """#)
}
