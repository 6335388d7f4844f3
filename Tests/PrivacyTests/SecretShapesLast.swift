extension SecretShapes {
  /// Written when what failed of the others was put right.
  static let last = lines(
    #"""
    CI_DEPLOY_PASSWORD: "⟦gl-deploy-77⟧"
      MARIADB_PASSWORD: ⟦example⟧
      - SMTP_PASSWORD=⟦sm tp 9⟧
          SA_PASSWORD: "⟦Your_password123⟧"
      KEYCLOAK_ADMIN_PASSWORD: ⟦Pa55w0rd⟧
    db_password = "⟦Passw0rd$1⟧"
    admin_pass: ⟦letmein⟧
    userpwd=⟦abc$def⟧
    sa_pwd: '⟦@Home2024⟧'
    user_pass = ⟦@secret99⟧
    api-key: ⟦live_abcd1234⟧
    apikey=⟦AbCdEf123456⟧
    <dbPassword>⟦s3cr3t⟧</dbPassword>
    <Password>⟦plainword⟧</Password>
    <user name="ann" password="⟦tomcat7⟧" roles="manager-gui"/>
    <entry key="db.password">⟦jdbc-42⟧</entry>
    <param name="password" value="⟦hunter2⟧"/>
    <connectionStrings><add name="x" connectionString="Server=a;Uid=b;Pwd=⟦c0nn3ct⟧;"/></connectionStrings>
    <pwd><![CDATA[⟦cd4t4⟧]]></pwd>
    define("SECRET_KEY", "⟦ab!cd@ef#gh⟧");
    const DB_PASS = '⟦wampserver1⟧';
    $cfg['Servers'][$i]['password'] = '⟦phpm@dmin⟧';
    $mysqli = new mysqli("localhost", "root", "⟦r00tpw⟧", "shop");
    mysqli_connect("localhost", "root", "⟦r00tpw⟧");
    $ldap_bind_pw = "⟦l-d-4-p⟧";
    curl --user ann:⟦pl3ase⟧ https://x.example
    curl https://x.example -u 'ann:⟦p4ss word⟧'
    curl -XPOST -u elastic:⟦changeme⟧ localhost:9200
    curl -u ann:⟦password⟧ https://x.example
    curl -d "user=ann&password=⟦f0rm⟧" https://x.example/login
    curl -d '{"user":"ann","password":"⟦js0n⟧"}' https://x.example/login
    curl -H 'X-Auth-Token: ⟦abc12345xyz⟧' https://x.example
    sshpass -p "⟦t0p secret⟧" ssh ann@host
    sshpass -p⟦topsecret⟧ scp f ann@host:
    machine ftp.example.com login ann password ⟦$ecret⟧
    machine github.com
      login ann
      password ⟦gh-pass-77⟧
    default login anonymous password ⟦user@site⟧
    ENV MYSQL_ROOT_PASSWORD=⟦toor⟧
    ENV API_KEY ⟦abcdef123⟧
    ENV SECRET_KEY_BASE="⟦dummy one 2⟧"
    ARG GITHUB_TOKEN=⟦deadbeef01⟧
    let password: String = "⟦swiftly⟧"
    let kApiKey: StaticString = "⟦abc-123-xyz⟧"
    final String apiKey = "⟦zz99zz⟧";
    public const string Password = "⟦Csh4rp!⟧";
    var apiKey: String? = "⟦k0tlin⟧"
    static API_TOKEN: &str = "⟦rusty-42⟧";
    const apiSecret = `⟦b4cktick⟧`;
    password : "⟦spaced-9⟧"
    export const SECRET: string = '⟦ts-s3cret⟧'
    final password = '⟦dart99⟧';
    my $password = '⟦p3rl⟧';
    local password = "⟦lua51⟧"
    password <- "⟦r-lang-1⟧"
    (def password "⟦cl0jure⟧")
    -define(PASSWORD, "⟦erl4ng⟧").
    set password "⟦tcl-8⟧"
    PASSWORD := ⟦make123⟧
    password==⟦x2y3z4⟧
    %let password=⟦s4s-lang⟧;
    Dim password As String = "⟦vb-net-1⟧"
    DIM pwd AS STRING: pwd = "⟦b4sic⟧"
    $Password = ConvertTo-SecureString "⟦P0sh!⟧" -AsPlainText -Force
    $pw = '⟦$tart99⟧'
    my password is ⟦Password1⟧
    my password is: ⟦dragon⟧
    My password's ⟦iloveyou2⟧
    my old password was ⟦monkey12⟧ but I changed it
    my password is "⟦blue monkey⟧"
    The Wi-Fi password is ⟦guest1234⟧
    the password is ⟦swordfish⟧
    Password: ⟦swordfish⟧
    password: ⟦opensesame⟧ (do not share)
    Username: ann Password: ⟦b1rthday⟧
    user ann, password ⟦b1rthday⟧
    pass: ⟦m4rch⟧
    creds: ann/⟦hunter2⟧
    Passwort: ⟦Sonnenschein⟧
    Dein Passwort ist ⟦Fr3ude⟧.
    $5$rounds=10000$⟦saltstringsaltst⟧
    $6$⟦saltstring⟧
    salt = "⟦$2a$10$abcdefghijklmnopqrstuu⟧"
    $y$j9T$⟦F5Jx5fExrKuPp53xLKQ..1$X3DX6M94c7o.9agCG9G317fhZg9SqC.5i5rd.RhAtQ7⟧
    ACCOUNT_SID=⟦AC0123456789abcdef0123456789abcdef⟧
    iban: ⟦FR14 2004 1010 0505 0001 3M02 606⟧
    IBAN ⟦CH93-0076-2011-6238-5295-7⟧
    Konto ⟦DE89370400440532013000⟧
    ⟦4012888888881881⟧
    cc: ⟦6011-1111-1111-1117⟧
    "number": "⟦5105105105105100⟧"
    x = "⟦aB3dE5gH7jK9mN1pQ3rS⟧"
    encryption_key: "⟦00112233445566778899aabbccddeeff⟧"
    MASTER_KEY=⟦00112233445566778899aabbccddeeff⟧
    jwt.secret=⟦myJwtSecretKey⟧
    secret: ⟦keyboard cat⟧
    app.use(session({ secret: '⟦keyboard cat⟧', resave: false }))
    app.secret_key = b'⟦_5#y2L"F4Q8z⟧'
    SECRET_KEY = '⟦django-insecure-abc#123⟧'
    spring.redis.password: ⟦foobared⟧
    spring.mail.password=⟦app pass word x⟧
    //registry.npmjs.org/:_password="⟦cGFzczEyMw==⟧"
    _auth=⟦YW5uOnBhc3M=⟧
    mysql://root:⟦root⟧@localhost/db
    DATABASE_URL=postgres://u:⟦pw⟧@h/d
    jdbc:sqlserver://h;user=sa;password=⟦P@ss⟧;
    jdbc:oracle:thin:scott/⟦tiger⟧@//h:1521/x
    Driver={ODBC};Server=h;UID=u;PWD={⟦o;dbc⟧};
    AccountKey=⟦abcd1234==⟧
    SharedSecretValue=⟦Zm9vYmFyMTIz⟧
    smtp://ann:⟦sm7p⟧@mail:587
    rtsp://admin:⟦cam123⟧@10.0.0.5/stream
    psexec \\h -u ann -p ⟦p5exec⟧ cmd
    mosquitto_sub -u ann -P ⟦mqtt9⟧ -t x
    snmpwalk -v2c -c ⟦public1⟧ host
    ipmitool -H h -U ADMIN -P ⟦ADMIN1⟧ power status
    mongo -u ann -p ⟦m0ngo⟧ --authenticationDatabase admin
    export AWS_SECRET_ACCESS_KEY=⟦abc/def+ghi123⟧
    git remote add o https://ann:⟦t0ken⟧@github.com/x/y
    helm install x --set postgresql.auth.password=⟦pg4helm⟧
    ansible-playbook -e "ansible_sudo_pass=⟦sud0er⟧" x.yml
    vault kv put secret/x password=⟦v4ult⟧
    openssl enc -aes-256-cbc -k ⟦encp4ss⟧ -in a
    openssl pkcs12 -passout pass:"⟦exp0rt⟧" -out x
    echo ⟦hunter2⟧ | docker login -u ann --password-stdin
    printf '%s' '⟦hunter2⟧' | gpg --passphrase-fd 0 x
    """#)
}
