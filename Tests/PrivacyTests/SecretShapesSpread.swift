extension SecretShapes {
  /// Values that are apart from their names: some lines behind, before them, under a heading, in a list.
  static let spread = [
    // Behind empty lines and other members.
    "password:\n\n  ⟦acorn_cup_4⟧", "token =\n\n\n\"⟦acorn-9-token⟧\"",
    "variable \"db_password\" {\n  type = string\n  default = \"⟦Slate-quarry-6⟧\"\n}",
    "- name: DB_PASSWORD\n  description: of the shop\n  value: ⟦elm_leaf⟧",
    "{\n  \"name\": \"API_SECRET\",\n  \"type\": \"plain\",\n  \"value\": \"⟦elm_bark_3⟧\"\n}",
    "define(\n  'DB_PASSWORD',\n  '⟦larch cone⟧'\n);",
    "define(\r\n  'DB_PASSWORD',\r\n  '⟦larch cone⟧'\r\n);",
    "password = <<EOT\n⟦chalk_pit_7⟧\nEOT", "password: <<~'END'\n  ⟦chalk_pit_7⟧\nEND",
    // Before the name.
    "- value: ⟦flint_stone⟧\n  name: DB_PASSWORD", "\"value\": \"⟦flint-5⟧\",\n\"name\": \"API_SECRET\"",
    "keychain.set(\"⟦fir_cone_2⟧\", forKey: \"password\")", "⟦Seagull77⟧ is the wifi password",
    "`⟦gannet-7-dive⟧` is the database password.", "⟦Mauersegler3⟧ ist das Passwort für den Server",
    // Under a heading.
    "user,password\nann,⟦pebble⟧", "user,password\nbob,x\nann,⟦pebble⟧",
    "\"site\",\"login\",\"password\"\n\"a\",\"b\",\"⟦Kiesel,7⟧\"",
    "host;user;passwort;note\nnas;ann;⟦Stein%1987⟧;x",
    "user\tpassword\nann\t⟦gravel9⟧",
    "| host | user | password |\n|---|---|---|\n| nas | ann | ⟦sand&lime⟧ |",
    // In lists.
    "passwords = [\"⟦oak-leaf-1⟧\", \"⟦oak-leaf-2⟧\"]", "{\"api_keys\": [\"⟦a1-b2-c3⟧\"]}",
    "char secret[] = {\"⟦tern-islet⟧\"};",
    "passwords:\n  - ⟦ash-tree-1⟧\n  - ⟦ash-tree-2⟧", "passwords:\n  ann: ⟦silver-birch⟧\n  bob: ⟦rowan⟧",
    "pw = (\n  '⟦bright-7⟧'\n  '⟦cove-8⟧'\n)",
  ]

  /// Where a literal stands in for something else, is compared, is enclosed, is one of a call's arguments.
  static let enclosed = lines(
    #"""
    password = given if given else '⟦juniper!03⟧'
    password = isTest ? other : "⟦mallow!4⟧"
    login_password: "{{ lookup('env', 'X') | default('⟦basalt-cliff⟧') }}"
    password: ENV.fetch('PW') { '⟦crocus-bulb⟧' }
    <password><![CDATA[⟦x<y&rope5⟧]]></password>
    PASSWD='⟦o'\''brien77⟧'
    PASS="⟦heron8⟧$suffix"
    MAIL_PASS=⟦a\ b\ cobra7⟧ ./send
    if (strcmp(passwd, "⟦backd00r⟧") == 0) return 1;
    if (password.equals("⟦letme1n⟧")) open();
    let passphrase: String = "⟦heather on 3 hills⟧"
    local secret <const> = "⟦tarn_water_3⟧"
    {"name": "SESSION_SECRET", "type": "plain", "value": "⟦fiddle fern 6⟧"}
    jwt.sign(payload, '⟦shhh-very-quiet⟧')
    new UsernamePasswordToken("kim", "⟦jackal_den⟧");
    req.SetBasicAuth("kim", "⟦badger-sett⟧")
    proxy_set_header X-Auth-Token "⟦crane.over.7.hills⟧";
    machine git.example.org login lars password ⟦elk 4 antler⟧
    Log in as admin / ⟦seagull-9⟧ on the staging box.
    creds -> root / ⟦Moorhuhn#1⟧
    admin:⟦Turnip_soup9⟧ (staging)
    nmcli dev wifi connect Home password ⟦kuchenblech⟧
    restic -r b:/x --password-command 'echo ⟦burrow4mole⟧' backup
    echo -n kim:⟦fallow_deer⟧ | base64
    user anna ⟦brook_trout_5⟧
    user default on >⟦perch-lake⟧ ~* +@all
    stats auth admin:⟦sparrow_hawk⟧
    Le code wifi est ⟦bleue-9-mer⟧
    La clave es ⟦abubilla77⟧
    Mon mot de passe, c'est ⟦argile77⟧
    export TOKEN="⟦tok_9f3kq2⟧$(date +%s)"
    password = "⟦river9bend⟧${year}"
    pass = "⟦marble⟧"
    UPDATE users SET pass='⟦halite⟧' WHERE id=1;
    ENV['SECRET_TOKEN'] ||= '⟦naphtha-2⟧'
    strcpy(password, "⟦kaolin⟧");
    WiFi.begin("Haus", "⟦feldspar⟧");
    smtp.login("ann@example.org", "⟦abcd efgh ijkl mnop⟧")
    """#)
}

extension HarmlessLines {
  /// The counterparts of `SecretShapes.spread` and `SecretShapes.enclosed`.
  static let spread = [
    "Password:\n\nConfiguration", "password:\n\n```python", "Passwords:\n\n- are hashed\n- are salted",
    "variable \"db_password\" {\n  type = string\n  sensitive = true\n}",
    "variable \"region\" {\n  default = \"frankfurt\"\n}",
    "- name: password\n  type: string\n  description: of the account", "- value: DB_USER\n  name: x\n",
    "user,password\n\nThen go on", "SELECT name, password\nFROM members2",
    "host, user, password,\nport2, x1, y2, z3",
    "| option | token | notes |\n|---|---|---|\n| first | supported | since 2.0 |",
    "| password | about |\n|---|---|\n| required | a2b |",
    "secrets:\n  - postgres-password\n  - registry-login",
    "passwords:\n  minimum: ${X}\n", "names = [user, password, email2]",
    "{\"required\": [\"user\", \"password\", \"captcha\"]}",
    "'key': ['\\u0141\\xE9']", "existingSecret: harbor-core", "password:\n  from_secret: registry_password",
    "return isValid ? password : fallback", "if (password.equals(confirm2)) accept();",
    "strcmp(token, \"utf8x\")", "strcpy(password, buffer2)",
    "password = \"user_${name2}\"", "url = \"token/v2a3b4/${id}\"", "Mon mot de passe, c'est secret",
    "if (pass == \"x1\")",
    "sign(document, \"cert1x\")", "Object.assign(e, {\"on:begin\": 1})", "Passwort vergessen: Bitte warten",
    "mot de passe oublié : cliquez ici", "Le mot de passe est obligatoire.", "passwd: files systemd sss",
    "SHA256 is our password digest", "admin / operator / guest", "user add developers",
    "user www-data www-data;",
    "echo name | base64", "passwords are stored hashed side by side: see below",
  ]
}
