extension SecretShapes {
  /// Written when the detector was done.
  static let later = lines(
    #"""
    SMTP_PASS=⟦zebra-crossing-9⟧
    set -gx OPENAI_KEY ⟦sk-§b40§⟧
    $env:DB_PASSWORD = "⟦P0wer$hell⟧"
    setx DB_PASSWORD "⟦P0wershell9⟧"
    - { name: DB_PASSWORD, value: "⟦k8s-pa55⟧" }
    db: {user: ann, password: ⟦fl0w-map⟧, port: 5432}
    ansible_become_pass: ⟦Ansibl3!⟧
    ansible_ssh_pass=⟦Ansibl3!⟧
    "Password": "⟦abc def 123⟧",
    "ConnectionStrings": {"Main": "Server=.;Database=x;User ID=sa;Password=⟦Passw0rd!⟧;TrustServerCertificate=True"}
    app.datasource.password: {cipher}⟦§h48§⟧
    security.user.password=⟦kiwi&melon7⟧
    <wsse:Password Type="x#PasswordText">⟦soap-9-bubble⟧</wsse:Password>
    <server><id>nexus</id><username>ann</username><password>⟦{jSMOWnoPFgsHVpMvz5VrIt5kRbzGpI8u+9EF1iFQyJQ=}⟧</password></server>
    <key>apiToken</key><string>⟦pl15t-v4lue⟧</string>
    <setting name="SmtpPassword"><value>⟦m4il-man⟧</value></setting>
    $db = new PDO('mysql:host=x', 'root', '⟦r00t-pa55⟧');
    'db' => ['user' => 'ann', 'pass' => '⟦php8-array⟧'],
    putenv("MAIL_PASSWORD=⟦pu7-env⟧");
    ActiveRecord::Base.establish_connection(adapter: "pg", password: "⟦ruby-tuesday⟧")
    config.secret_key_base = '⟦§h128§⟧'
    NSString *const kClientSecret = @"⟦objc-s3cret⟧";
    std::string db_password{"⟦cpp-brac3⟧"};
    auto password = std::string("⟦cpp-w0rd⟧");
    string Password { get; set; } = "⟦cs-prop-1⟧";
    val password = "⟦kotl1n-pw⟧".toCharArray()
    password: str = os.getenv("DB_PASSWORD", "⟦fallback-9⟧")
    const secret = process.env.JWT_SECRET || '⟦dev-jwt-secret⟧';
    DATABASES = {'default': {'PASSWORD': '⟦dj4ngo-pw⟧'}}
    requests.get(url, auth=("ann", "⟦t0p-secret⟧"))
    requests.get(url, headers={"X-Auth-Token": "⟦h34der-t0ken⟧"})
    ${DB_PASSWORD:-⟦d3fault-pw⟧}
    wget --user=ann --password=⟦w9et-me⟧ https://example.com/f
    wget --http-password ⟦w9et-me⟧ https://example.com/f
    http -a ann:⟦httpie-7⟧ GET example.com
    smbclient //nas/share -U ann%⟦n4s-pass⟧
    ldapsearch -x -D cn=admin -w ⟦ld4p-pass⟧ -b dc=x
    zip -P ⟦z1pped⟧ out.zip file
    7z a -p⟦z1pped⟧ out.7z file
    echo "⟦sud0-pass⟧" | sudo -S apt install x
    echo 'ann:⟦ch4nge-pw⟧' | chpasswd
    docker run -e POSTGRES_PASSWORD=⟦d0cker-e⟧ postgres
    kubectl create secret generic x --from-literal=password=⟦l1teral⟧
    az login --service-principal -u id -p ⟦az-s3cret~x⟧ --tenant t
    net use \\srv\share /user:ann ⟦n3tuse-1⟧
    CREATE USER ann IDENTIFIED BY '⟦sql-1dent⟧';
    ALTER ROLE ann WITH LOGIN PASSWORD '⟦pg-r0le⟧';
    user:⟦p4ssw0rd⟧@tcp(127.0.0.1:3306)/shop
    sqlplus scott/⟦t1ger9⟧@orcl
    ftp://ann:⟦ft9-pass⟧@ftp.example.com/pub
    mqtt://device:⟦m0squito⟧@broker:1883
    https://oauth2:⟦glpat-§b20§⟧@gitlab.example.com/x.git
    machine api.heroku.com login ann@example.com password ⟦plainword⟧
    requirepass ⟦foobared⟧
    The root password for the router is ⟦admin1234⟧.
    Login with ann and password ⟦Blue-Sky-7⟧ please
    Password for the test account: ⟦Qwertz!23⟧
    password = ⟦my dog has 3 fleas⟧
    le mot de passe est ⟦Soleil42⟧
    La contraseña es ⟦Tortilla99⟧
    Пароль: ⟦kraken77⟧
    密码是 ⟦panda888⟧
    パスワード：⟦sakura55⟧
    The door PIN is ⟦90210⟧
    unlock code / passcode is ⟦1357⟧
    admin:⟦$2y$10$§b53§⟧
    admin:{SHA}⟦§b27§=⟧
    pbkdf2_sha256⟦$600000$§b22§$§b43§=⟧
    enable secret 5 ⟦$1$mERr$hx5rVt7rPNoS4wqbXKX7m0⟧
    username ann password 7 ⟦0822455D0A16⟧
    SharedAccessSignature sv=2020&sig=⟦ab%2Bcd9%2Fef12%3D⟧&se=2025
    webhook_url: https://discord.com/api/webhooks/§d18§/⟦§b68§⟧
    SG.⟦§b22§.§b43§⟧
    MTk4NjIy§b16§.⟦Cl2FMQ⟧.§b27§
    export VAULT_TOKEN=⟦hvs.§b24§⟧
    product key ⟦VK7JG-NPHTM-C97JM-9MPGT-3V66T⟧
    ⟦NL91 ABNA 0417 1643 00⟧
    ⟦FR7630006000011234567890189⟧
    mc ⟦2223003122003222⟧
    seed phrase: ⟦witch collapse practice feed shame open despair creek road again ice least⟧
    wpa_passphrase="⟦home sweet home⟧"
    psk="⟦wifi-at-h0me⟧"
    ClientSecret = "⟦~Q8x.abcDEF_ghi-123⟧",
    TOTP_SECRET=⟦§c32§⟧
    "refresh_token": "⟦1//0g§b40§⟧"
    aws_session_token = ⟦§b60§/+§b10§==⟧
    --set auth.rootPassword=⟦h3lm-value⟧
    password2 = "⟦n0ch-eins⟧"
    pass = "⟦tr3es⟧"
    pw: ⟦geheim77⟧
    """#)
}

extension HarmlessLines {
  /// Written when the detector was done.
  static let later = lines(
    #"""
    UIApplicationDidReceiveMemoryWarningNotification
    kCGImagePropertyExifSubjectDistanceRange2
    com.apple.developer.networking.wifi-info
    AVCaptureSessionPreset1920x1080WithStabilisation
    VK_FORMAT_ASTC_12x12_UNORM_BLOCK_KHR_2
    GL_COMPRESSED_RGBA_S3TC_DXT5_EXT_RENDERBUFFER
    CVE-2021-44228-log4shell-mitigation-guide
    XCTAssertEqualWithAccuracyAndTimeoutInSeconds
    libwebkit2gtk-4.1-0-amd64-dbgsym
    rust_2018_idioms_and_unreachable_pub_lints
    x86_64-unknown-linux-gnu-gcc-ar-13
    get_user_by_email_and_password_or_raise
    test_password_reset_token_is_invalid_after_24h
    PasswordAuthenticationProviderConfigurationBean
    isSecureTextEntryEnabledForPasswordFieldV2
    tokenizeAndNormaliseUnicodeIdentifiersUTF8
    Verwaltungsverfahrensgesetzesänderungsentwurf2024
    Straßenverkehrszulassungsordnungsparagraph
    /opt/homebrew/Cellar/python@3.12/3.12.4/bin/python3
    assets/images/icons/material-design-2x-dark/outline_password_24.png
    #include <boost/spirit/include/qi_char_class.hpp>
    from django.contrib.auth.password_validation import validate_password
    use aes_gcm::{Aes256Gcm, KeyInit};
    let secret = Secret::from_env()?;
    token = next(tokens)
    tokens = line.split()
    password = getpass.getpass("Password: ")
    password, err := readPassword()
    passwordHash := bcrypt.GenerateFromPassword(password, 12)
    if token.type == "identifier": return token
    const { token } = useContext(AuthContext)
    const [password, setPassword] = useState("")
    <input v-model="password" :type="show ? 'text' : 'password'">
    <Password value={password} onChange={setPassword} />
    type Token = { kind: string; text: string }
    password: z.string().min(8)
    password: { type: String, required: true }
    @Column(name = "password", length = 60)
    validates :password, presence: true, length: { minimum: 8 }
    "token_type": "bearer",
    "secretName": "db-credentials"
    secretKeyRef: {name: db, key: password}
    password: !vault |
    password: "{{ lookup('env', 'DB_PASS') }}"
    password: ENC[AES256_GCM]
    DB_PASSWORD=$(cat /run/secrets/db)
    export TOKEN="$(gh auth token)"
    PASSWORD_FILE=/run/secrets/db_password
    password_file: /run/secrets/db_password
    curl -H "Authorization: Bearer $TOKEN" https://example.com
    curl -u "${USER}:${PASS}" https://example.com
    git clone https://github.com/example/password-store.git
    docker run -u 1000:1000 -p 8080:80 image
    mysql -h db -P 3306 -u root -p
    ssh -i key ann@10.0.0.1 -p 22
    You can reset your password in the settings.
    The default password is printed on the label.
    The password is not stored anywhere.
    Passwords are hashed with bcrypt before they are saved.
    A token is a sequence of characters.
    Each token: a word, a number or a sign.
    Das Passwort ist falsch.
    Das Kennwort muss mindestens 8 Zeichen haben.
    le mot de passe est incorrect
    пароль должен содержать 8 символов
    密码长度至少为8位
    "error.password": "Passwords do not match",
    "label.password": "Password (8 characters)",
    "password_too_short": "Password is too short",
    Serial 1234-5678-9012
    order 20241128-000451 shipped
    0123456789 9876543210
    +1 (555) 010-9999
    3.14159265358979323846264338327950288
    16#DEADBEEF#
    rgba(12, 34, 56, 0.78) translate3d(0,0,0)
    \usepackage[utf8]{inputenc}
    mov eax, dword ptr [rbp-14h]
    data:text/plain,hello
    mailto:ann@example.com
    npm install --save-dev @types/node@20.11.5
    image: registry.example.com/team/app:v1.2.3
    uses: actions/checkout@v4
    sha256sum -c SHA256SUMS
    The key is under the mat.
    pin = GPIO.17
    PIN(LED_BUILTIN, OUTPUT)
    seed = 42
    random.seed(12345)
    session = Session()
    session: AsyncSession = Depends(get_session)
    auth: { user, pass } = config
    salt = os.urandom(16)
    signature = hmac.new(key, msg, "sha256")
    pass  # nothing to do
    user: ann
    """#)
}
