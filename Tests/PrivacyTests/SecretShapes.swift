/// Lines that hold secrets, as people write them; the secret stands between ⟦ and ⟧.
///
/// `§b40§` stands for forty letters and digits drawn blindly, `§h…§` for hexadecimal digits, `§u…§` for capitals and
/// digits, `§c…§` for capitals and 2 to 7, `§d…§` for digits: so that scanners of repositories have nothing to find.
enum SecretShapes {
  /// Written before the detector.
  static let first = lines(
    #"""
    DB_PASSWORD=⟦correct4horse⟧
    export API_SECRET=⟦s0me-Long-Value⟧
    export GITHUB_TOKEN="⟦§h40§⟧"
    SECRET_KEY='⟦$ecret!key;42⟧'
    password: ⟦hunter2⟧
      password: ⟦Tr0ub4dor&3⟧
    passwd: ⟦swordfish⟧
      - api_key: ⟦9f8e7d6c5b⟧
      db_pass: ⟦p@ss w0rd⟧
    secret: "⟦correct horse battery staple⟧"
    client_secret: '⟦x8Q~zz.91-ab⟧'
          POSTGRES_PASSWORD: ⟦mysecretpassword⟧
          MYSQL_ROOT_PASSWORD: ⟦wordpress⟧
          - MYSQL_PASSWORD=⟦wordpress⟧
          - "RABBITMQ_DEFAULT_PASS=⟦bunny99⟧"
    {"password": "⟦hunter2!⟧", "user": "ann"}
    "dbPassword" : "⟦$Pa55word⟧",
    {"auths":{"registry.example.com":{"auth":"⟦YW5uOmh1bnRlcjI=⟧"}}}
    "private_key": "⟦-----BEGIN PRIVATE KEY-----\n§b64§\n§b20§\n-----END PRIVATE KEY-----\n⟧",
    "client_secret":"⟦GOCSPX-§b28§⟧","redirect_uris":["http://localhost"]
    token = "⟦§b24§⟧"
    password = ⟦hunter2⟧
    Password = ⟦P@55w0rd⟧
    pwd=⟦letmein99⟧
    spring.datasource.password=⟦s3cr3t⟧
    javax.net.ssl.keyStorePassword = ⟦changeit1⟧
    <password>⟦hunter2⟧</password>
    <db:Password encrypted="false">⟦Gr33n-Apple⟧</db:Password>
    <add key="ApiKey" value="⟦a1b2c3d4e5⟧" />
    <property name="password" value="⟦s3cret⟧"/>
    <Connection user="ann" password="⟦Summer2024!⟧" host="db"/>
    <string name="api_secret">⟦88aa99bb77⟧</string>
    define('DB_PASSWORD', '⟦W0rd-press⟧');
    define( "AUTH_KEY", "⟦put 7$k*q unique|phrase here⟧" );
    'password' => '⟦hunter2⟧',
    $config['db_password'] = '⟦hunter2⟧';
    $password = "⟦@dm1n2024⟧";
    :password => "⟦hunter2⟧",
    password: '⟦hunter2⟧',
    const char *pwd = "⟦letmein42⟧";
    static const char PASSWORD[] = "⟦wifi-Pa55⟧";
    #define WIFI_PASSWORD "⟦correcthorse⟧"
    let apiToken: String = "⟦ab12-cd34-ef56⟧"
    private val apiKey: String = "⟦kx82hd02⟧"
    const dbPassword: string = '⟦pä55wörter⟧';
    const TOKEN: &'static str = "⟦zx81-zx82⟧";
    var password string = "⟦gopher123⟧"
    password := "⟦gopher123⟧"
    private static final String SECRET_KEY = "⟦qwe456rty⟧";
    conn = connect(host="db", user="ann", password="⟦hunter2⟧")
    client.login(password: "⟦hunter2⟧")
    user.setPassword("⟦hunter2⟧");
    os.environ["DB_PASS"] = "⟦tulip77⟧"
    curl -u ann:⟦s3cret⟧ https://example.com/
    curl --user "ann:⟦two words 2⟧" https://example.com/
    curl -sS -uann:⟦s3cret⟧ https://example.com
    curl -H "Authorization: Bearer ⟦abc123def456⟧" https://api.example.com
    Authorization: Basic ⟦YW5uOmh1bnRlcjI=⟧
    X-Api-Key: ⟦91ab-82cd⟧
    sshpass -p ⟦hunter2⟧ ssh ann@host
    sshpass -p'⟦hunter 2⟧' scp a b
    mysql -u root -p⟦Geheim9⟧ shop
    mysqldump -uroot --password=⟦geheim⟧ shop > shop.sql
    docker login -u ann -p ⟦dckr-99⟧ registry.example.com
    PGPASSWORD=⟦tiger7⟧ psql -h db -U scott
    gpg --batch --passphrase ⟦hunter2⟧ -d file.gpg.txt
    openssl rsa -in key.bin -passin pass:⟦hunter2⟧
    redis-cli -h cache -a ⟦fluffy12⟧ ping
    machine example.com login ann password ⟦hunter2⟧
      password ⟦hunter2⟧
    ENV DB_PASSWORD ⟦hunter2⟧
    ENV DB_USER=ann DB_PASSWORD=⟦hunter2⟧
    ARG NPM_TOKEN=⟦9f8e7d6c⟧
    Server=db;Database=shop;User Id=sa;Password=⟦Str0ng!Pass⟧;Encrypt=True
    "Data Source=db;Uid=ann;Pwd=⟦my pass word⟧;"
    postgres://ann:⟦s3cret⟧@db.example.com/shop
    mongodb+srv://ann:⟦p%40ss⟧@cluster0.example.net/
    redis://:⟦fluffy⟧@cache:6379/0
    amqp://guest:⟦rabbit9⟧@mq//
    jdbc:postgresql://db/shop?user=ann&password=⟦s3cret⟧&ssl=true
    host=db user=ann password=⟦s3cret⟧ dbname=shop
    DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=⟦§b86§==⟧;EndpointSuffix=core.windows.net
    Endpoint=sb://x.example.net/;SharedAccessKeyName=Root;SharedAccessKey=⟦§b43§=⟧
    my password is ⟦hunter2⟧
    By the way, my password is ⟦correct horse battery staple⟧.
    The password: ⟦swordfish9⟧
    The wifi password is ⟦Sommer-1999⟧, ask Ann.
    My PIN is ⟦4711⟧.
    passcode: ⟦824619⟧
    Das Passwort lautet ⟦Geheim99⟧
    Mein Kennwort ist "⟦offen sesam⟧".
    root:⟦$6$§b12§$§b86§⟧:19000:0:99999:7:::
    ann:⟦$apr1$§b8§$§b22§⟧
    hash = "⟦$2b$12$§b53§⟧"
    crypt($input, '⟦$6$rounds=5000$somesillysalt$⟧')
    ⟦$argon2id$v=19$m=65536,t=3,p=4$§b22§$§b43§⟧
    {SSHA}⟦§b38§==⟧
    TWILIO_SID: AC⟦§h32§⟧
    https://hooks.slack.com/services/T§u8§/B§u8§/⟦§b24§⟧
    https://api.telegram.org/bot§d9§:⟦AA§b33§⟧/getMe
    //registry.npmjs.org/:_authToken=⟦3f1c22aa-9b1e-4c77-8f63-6f2a8b0b1c55⟧
    token: ⟦3f1c22aa-9b1e-4c77-8f63-6f2a8b0b1c55⟧
    ⟦eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.§b43§⟧
    IBAN: ⟦DE89 3704 0044 0532 0130 00⟧
    pay to ⟦GB82WEST12345698765432⟧ please
    Visa ⟦4111 1111 1111 1111⟧ 12/27
    card ⟦5555-5555-5555-4444⟧
    amex ⟦378282246310005⟧
    AGE-SECRET-KEY-1⟦§u58§⟧
    PrivateKey = ⟦§b43§=⟧
    otpauth://totp/Shop:ann?secret=⟦JBSWY3DPEHPK3PXP⟧&issuer=Shop
    ⟦§b64§⟧
    ⟦§h64§⟧
    """#)

  static func lines(_ text: String) -> [String] { text.split(separator: "\n").map(String.init) }
}
