extension SecretShapes {
  /// Keys that are lists of bytes, keys of YAML that stand alone, logins in fields, settings without a sign, and values that
  /// are words, numbers or joined words where their names are short.
  static let unusual = [
    "key = bytes([⟦0x3f, 0x91, 0xa7, 0x0c, 0x5e, 0xd2, 0x88, 0x14, 0x6b⟧])",
    "static const uint8_t aes_key[16] = {⟦0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6⟧};",
    "const KEY: [u8; 8] = [⟦0x1f, 0x8b, 0x33, 0xa0, 0x7d, 0xe1, 0x55, 0xc2⟧];",
    "var secretKey = []byte{⟦83, 201, 17, 94, 233, 140, 6, 75⟧}",
    "byte[] secretKey = new byte[] { ⟦(byte)0x9a, 0x13, (byte)0xf7, 0x44, 0x2d, (byte)0xc1, 0x70, 0x0e⟧ };",
    "const key = new Uint8Array([⟦17, 203, 94, 66, 128, 9, 240, 31⟧]);",
    "let key: [UInt8] = [⟦17, 203, 94, 66, 128, 9, 240, 31⟧]",
    "unsigned char key[] = {\n  ⟦0x2b, 0x7e, 0x15, 0x16,⟧\n  ⟦0x28, 0xae, 0xd2, 0xa6⟧\n};",
    "secret = bytes([\n  ⟦43, 126, 21, 22, 40, 174,⟧\n  ⟦210, 166, 171, 247⟧\n])",
    "static SECRET: [u8; 8] = *b\"⟦tulip88s⟧\";", "val dbPassword: Option[String] = Some(\"⟦beechnut⟧\")",
    "? password\n: ⟦hazelnut⟧", "? db_password\n: \"⟦hazel nut⟧\"", "? \"password\"\n: ⟦hazelnut⟧",
    "static:carol:⟦meatloaf⟧", "auth = \"static:dave:⟦sausage⟧\"", "proxy --auth basic:ann:⟦pancake⟧",
    "bind_user cn=x\nbind_password ⟦pancakes⟧\nldap_bind_pw ⟦waffles⟧",
    "| Service | User | Password |\n|---|---|---|\n| Jenkins | admin | ⟦chinchilla⟧ |",
    "| Host | Password |\n| --- | --- |\n| db1 | `⟦cabbage⟧` |",
    "wifi_password: ⟦dumplings with plums⟧", "pw = \"⟦four score and seven⟧\"", "pass: ⟦19881107⟧",
    "{\"pass\": \"⟦@strid Lindgren⟧\"}", "password = \"$⟦gooseberry⟧\"",
    "my %options = (user => 'ann', pass => '⟦anteater⟧');", "private pass: string = '⟦groundnut⟧';",
    "auth: { user: 'ann', pass: '⟦anteater⟧' }", "pw: ⟦titanium⟧",
    "const auth = 'Basic ' + btoa('ann:⟦flounder⟧')",
    "base64.b64encode(b'ann:⟦flounder⟧')", "requests.get(u, auth=('ann', '⟦turbot⟧'))",
    "smtp.login('ann@example.org', '⟦snapper⟧')", "password = $⟦gooseberry⟧", "<pass>⟦stingray⟧</pass>",
    "@Value(\"${db.password:⟦starfish⟧}\")", "Login: `admin` / `⟦periwinkle⟧`",
    "(defvar *password* \"⟦lobster⟧\")",
  ]
}

extension HarmlessLines {
  /// The counterparts: lists that are tables or numbers, tables of what passwords are like, calls, types and sentences.
  static let unusual = [
    "static const unsigned char bitmap[] = {0x00, 0x3c, 0x42, 0x81, 0x81, 0x42, 0x3c, 0x00};",
    "crc_table = [0x00000000, 0x77073096, 0xee0e612c, 0x990951ba]", "sort_key = [2, 0, 1]",
    "key = bytes([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15])", "key = bytes(range(16))",
    "static const int key_codes[] = {KEY_A, KEY_B, KEY_ENTER};",
    "key = [100, 200, 300, 400, 500, 600, 700, 800, 900]",
    "primary_key = ['id', 'created_at']", "key = (65, 130, 7, 99, 201, 45, 12, 88)",
    "? password\n: {}", "? name\n: hazelnut", "static:int:float and dynamic:typed:values",
    "static:user:password",
    "reset_password user", "password required", "db_password varchar", "verify_password candidate",
    "| Field | Type | Password |\n|---|---|---|\n| length | integer | optional |",
    "| User | Password |\n|---|---|\n| admin | required |",
    "| Option | Default | Description |\n|---|---|---|\n| password | none | the password to use |",
    "Set the password with `passwd username` and log out.", "Set your password before you go on.",
    "pub fn verify(stored: &PasswordHash) -> Result<bool, Error> {",
    "<Input v-model=\"form.password\" :rules=\"passwordRules\" @input=\"validate\" />",
    "password: The password of the account", "password: must be of six letters", "pass: 12",
    "'Test2::Event::Pass' => '1.302103',", "(pass => 'failed')", "<pass>failed</pass>",
    "# password: see vault", "pw: string", "pw : rational number", "pw: userPassword,",
    "@Value(\"${db.password:}\")", "btoa('a:b')", "btoa('http://example.org')", "password = $dbPassword",
    "password = $password", "password = \"$password\"",
  ]
}
