extension SecretShapes {
  /// A line or two of every kind that was missed of lists of tools, notes and languages; see `SecretShapes`.
  static let kinds = lines(
    #"""
    jdbc:oracle:thin:scott/⟦t1ger9⟧@dbhost:1521:orcl
    amqp://svc:⟦ra/bbit@9⟧@mq.example.org:5672/vhost
    postgres://u:⟦p@ss/w0rd⟧@localhost/db
    <property name="password">⟦toor⟧</property>
    <input type="password" name="pw" value="⟦autofilled8⟧">
    db.x.org:5432:shop:ann:⟦pgpassPw⟧
    psk="⟦our home wifi⟧"
    enable password ⟦cisc0⟧
    username admin privilege 15 secret ⟦Sw1tch⟧
    snmp-server community ⟦publ1cRO⟧ RO
    crypto isakmp key ⟦VPNkey77⟧ address 10.1.1.1
    tacacs-server key ⟦t4cacs⟧
     neighbor 10.0.0.1 password ⟦bgpSecret⟧
    rocommunity ⟦s3cretro⟧ 10.0.0.0/8
    userPassword:: ⟦c2VjcmV0cGFzcw==⟧
    bindpw ⟦nslcdPw⟧
    net use z: \\srv\share ⟦p4ss⟧ /user:ann
    rar a -hp⟦rarPw1⟧ a.rar
    xfreerdp /u:ann /p:⟦rdpPw1⟧ /v:h
    rdesktop -u ann -p ⟦rdpw22⟧ h
    mount -t cifs -o username=ann,password=⟦cifsPw⟧ //s/x /m
    variable "db_password" { default = "⟦terraPw1⟧" }
    Environment="API_TOKEN=⟦unitTok3n⟧"
    'password' => env('DB_PASSWORD', '⟦forgePw⟧'),
    my $pass = "⟦perlPw⟧";
    client.login(user, "⟦smtpPw12⟧")
    process.env.PASSWORD || '⟦fallbackPw⟧'
    TOTP seed: ⟦JBSW Y3DP EHPK 3PXP⟧
    recovery codes: ⟦4f9k-2mxa⟧
    backup code: ⟦8231 9920⟧
    The door code is ⟦2580#⟧
    pass = ⟦geheim⟧
    Login: ann / ⟦hunter2⟧
    user: admin pass: ⟦adm1n⟧
    creds are admin/⟦changeme1⟧
    root/⟦calvin1⟧
    WLAN-Schlüssel: ⟦37281946502837465019⟧
    hasło: ⟦zielony1⟧
    lösenord: ⟦sommar21⟧
    парола ⟦slance1⟧
    expect "assword:" { send "⟦expPw1⟧\r" }
    send -- "⟦expPw2⟧\r"
    password ⟦Xy12⟧
    password = ⟦swordfish⟧
    secret_token: ⟦railsTok1⟧
    vault login ⟦hvs.CAESIJ§b40§⟧
    {password, "⟦erlangPw⟧"}.
    {default_pass, <<"⟦rabbit1⟧">>}.
    proc sql; connect to oracle (user=ann orapw=⟦orapw1⟧);
    [smtp.x.org]:587 ann@x.org:⟦postf1x⟧
    wep_key0=⟦1234567890⟧
    username=ann%⟦cr3ds⟧
    stats auth admin:⟦haStats1⟧
    cache_peer p parent 3128 0 login=ann:⟦squidPw1⟧
    - "traefik.http.middlewares.a.basicauth.users=ann:⟦$$apr1$$§b8§$$§b22§⟧"
    command_line $USER1$/check_x -u ann -p ⟦nag10s⟧
    pulumi config set --secret dbPassword ⟦pulumiPw⟧
    aws ssm put-parameter --name /db/password --value ⟦ssmPw99⟧ --type SecureString
    "adminPassword": { "value": "⟦armPw!23⟧" }
    gh secret set API_KEY --body "⟦ghSecret1⟧"
    WiFi.begin("home", "⟦wifiPw12⟧");
    char pass[] = "⟦ssidpass⟧";
    client.username_pw_set("ann", "⟦pahoPw1⟧")
    Username: ann Password: ⟦tig3r⟧
    use ⟦hunter22⟧ as the password
    I changed the root password to ⟦n0tT3ll⟧ yesterday
    psql "host=h user=u password=⟦psqlPw⟧ dbname=d"
    AUTH ⟦redisAuth1⟧
    use admin; db.changeUserPassword("ann", "⟦chgPw12⟧")
    a1 LOGIN ann ⟦imapPw1⟧
    AUTH PLAIN ⟦AGFubgBzZWNyZXQ=⟧
    lftp -u ann,⟦lftpPw1⟧ x.org
    ncftp -u ann -p ⟦ncftpPw⟧ x.org
    impdp system/⟦manager1⟧ directory=d
    INSERT INTO users (name, password) VALUES ('ann', '⟦insertPw9⟧');
    UPDATE users SET password=MD5('⟦md5me99⟧')
    createUser ann SHA ⟦authphrase1⟧ AES ⟦privphrase1⟧
    snmpget -v3 -u ann -A ⟦authPw12⟧ -X ⟦privPw12⟧ h
    Garage code: ⟦4478⟧
    Alarm code is ⟦9931⟧
    Safe combination: ⟦12-34-56⟧
    Wi-Fi: home / ⟦sunflower7⟧
    SSID: home, key: ⟦sunflower7⟧
    Authorization: Basic ⟦YTpi⟧
    veracrypt -p ⟦veraPw1⟧ vol
    hdiutil attach x.dmg -stdinpass <<< ⟦dmgPw12⟧
    security add-generic-password -a ann -s x -w ⟦kcPw12⟧
    security unlock-keychain -p "⟦keychain1⟧" login.keychain
    ssh-keygen -t rsa -N '⟦keyPhrase1⟧' -f k
    ssh-keygen -p -P ⟦oldPhrase1⟧ -N ⟦newPhrase1⟧
    ⟦k8Fq2Lw=⟧
    command: ["redis-server", "--requirepass", "⟦redisArg⟧"]
    helm install x y --set postgresqlPassword=⟦helmDb⟧
      mysql_user: name=ann password=⟦modPw⟧ priv=*.*:ALL
    $securePw = ConvertTo-SecureString -String "⟦secStr⟧" -AsPlainText -Force
    Set-ADAccountPassword -NewPassword (ConvertTo-SecureString "⟦adPw12⟧" -AsPlainText)
    wmic /node:h /user:ann /password:⟦wmicPw⟧ os
    reg add x /v DefaultPassword /d ⟦autologon1⟧
    $conn = new PDO($dsn, 'root', '⟦pdoPass⟧');
    mysql_connect('localhost', 'root', '⟦rootroot⟧');
    ini_set('smtp_pass', '⟦iniPass⟧');
    dsn := "host=h user=u password=⟦gormPw⟧ dbname=d"
    os.Setenv("API_SECRET", "⟦goEnvSec⟧")
    let pw = String::from("⟦rustPw⟧");
    remotepass = ⟦offlineimap⟧
    [client] password=⟦mycnf⟧
    user = "ann:⟦curlrc1⟧"
    Zugangsdaten: ann / ⟦bergsee5⟧
    Benutzer: ann, Kennwort: ⟦Talsperre⟧
    WLAN-Passwort: ⟦unser haus am see⟧
    identifiants : admin / ⟦azerty12⟧
    La password è ⟦farfalla9⟧
    Hasło do wifi: ⟦motylek⟧
    Lösenord: ⟦midsommar⟧
    wifi pass: ⟦sunny-day⟧
    Guest network: cafe, password: ⟦espresso⟧
    password (staging): ⟦st4ging⟧
    Your verification code is ⟦482913⟧
    - **Password:** ⟦boldPw⟧
    **password**: ⟦mdBold1⟧
    Login with `admin:⟦adm1nPw⟧`
    iDRAC: root/⟦calvin99⟧
    database: { user: ann, password: ⟦inlinePw⟧ }
    admin:⟦Passw0rd⟧
    db_user=app db_pass=⟦kiwi⟧
    mongodb://root:⟦ex/am@ple⟧@mongo:27017/?authSource=admin
    host=localhost port=5432 dbname=d user=u password=⟦libpq⟧ sslmode=require
    curl -F password=⟦formPw⟧ x
    expect -c 'spawn ssh h; expect "password:"; send "⟦sp4wn⟧\r"'
    send "⟦Tr0ub4dor⟧\n"
    net use x: \\s\c ⟦sh4re⟧ /user:d\ann
    netsh wlan add profile key=⟦netshKey1⟧
    reg add "HKLM\x" /v DefaultPassword /t REG_SZ /d ⟦winLogon⟧
    <key>Password</key> <string>⟦plist⟧</string>
    <param-name>dbPassword</param-name><param-value>⟦webXml⟧</param-value>
    { "auth": { "user": "u", "pass": "⟦mailJs⟧" } }
    password= ⟦oneblank⟧
    smtp_password = ⟦lowercase⟧
    public static final String TOKEN = "⟦java-tok-1⟧";
    String pass = "⟦javaPass⟧";
    rootpw --plaintext ⟦kickst4rt⟧
    d-i passwd/root-password password ⟦preseed⟧
    username bob password 0 ⟦cleartxt⟧
    wpa-psk ascii 0 ⟦wlanCisco⟧
    pre-shared-key ⟦vpnShared⟧
    /user add name=ann password=⟦mikrotik⟧ group=full
    /interface wireless security-profiles set default wpa2-pre-shared-key=⟦tikWifi⟧
    Hey, root pw on db3 is ⟦mango-tree⟧
    Here are the creds: admin / ⟦Zitrone7⟧
    user ann, pass ⟦cherry88⟧
    Unlock code ⟦135790⟧
    PW Server: ⟦Kirsche#1⟧
    Zugang: admin / ⟦Birne12⟧
    Kennwort = ⟦Quitte⟧
    mdp : ⟦fraise44⟧
    contraseña wifi: ⟦naranja⟧
    parola d'ordine: ⟦ciliegia⟧
    Пароль администратора: ⟦sliva⟧
    şifre: ⟦kiraz55⟧
    Secret question: mother's maiden name? Answer: x; recovery code ⟦7f3k-99qa⟧
    Backup codes: ⟦12345678 23456789 34567890⟧
    seed: ⟦abandon ability able about above absent absorb abstract absurd abuse access accident⟧
    SSHPASS=⟦envpass⟧ sshpass -e ssh h
    db_password: ⟦$tarlight⟧
    machine h login u password ⟦@home⟧
    curl -su ann:⟦pw123⟧ https://x
    Zugangsdaten lauten admin / ⟦Wurzel77⟧
    Der PIN-Code ist ⟦8642⟧
    TOTP secret ⟦GEZDGNBVGY3TQOJQ⟧
    datasource.default.pass=⟦ebean⟧
    <parameter name="password" type="string">⟦paramPw⟧</parameter>
    the db password should be ⟦mysql99⟧
    pass: "⟦delfin⟧"
    passphrase: ⟦der wal schwimmt tief⟧
    code d'accès : ⟦5521⟧
    Lösenordet är ⟦valross5⟧
    密码为：⟦jingyu88⟧
    """#)
}
