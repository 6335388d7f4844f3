/// Names of files and folders that nearly always hold secrets: keys, passwords, settings with passwords in them,
/// histories of commands.
public enum SecretFileNames {
  /// Whether a path's name, or that of a folder above it, says that it holds secrets.
  ///
  /// The path by itself is looked at, not the file: for a link its target's path may be asked for as well.
  public static func isSecret(path: String) -> Bool {
    let parts = path.split(separator: "/").map { $0.lowercased() }
    guard let name = parts.last else { return false }
    let folders = parts.dropLast()
    if folders.contains(where: hiddenFolders.contains) { return true }
    if isSecret(name: name) { return true }
    guard let folder = folders.last else { return false }
    if folders.contains(where: openFolders.contains), isData(name), !isExample(name) { return true }
    return forms(of: name).contains { secretPaths.contains(folder + "/" + $0) }
  }

  /// All below them is secret.
  private static let hiddenFolders: Set<String> = [
    ".ssh", ".gnupg", ".gpg", ".aws", ".azure", ".kube", ".password-store", ".secrets", ".vault", ".gcloud",
    ".keys",
    ".mozilla", ".thunderbird", ".pki", ".certs", ".minikube", ".oci", ".1password", ".bitwarden", ".docker",
    ".snowsql", ".twilio-cli", ".kaggle", "svn.simple", "svn.ssl.client-passphrase", "system-connections",
  ]
  /// All data below them is; programs may be about secrets.
  private static let openFolders: Set<String> = [
    "secrets", "private_keys", "private-keys", "privatekeys", "keyrings", "credentials", "passwords",
    "legacy_credentials",
  ]

  /// A file in a folder of this name, where the file's name alone would not tell.
  private static let secretPaths: Set<String> = [
    "gh/hosts.yml", "hub/hosts.yml", "rclone/rclone.conf", "pip/pip.conf", "doctl/config.yaml",
    ".cargo/credentials",
    ".gem/credentials", ".bundle/config", ".m2/settings.xml", ".gradle/gradle.properties", "ppp/chap-secrets",
    "network-manager/system-connections", "wireguard/wg0.conf", ".config/hub", "containers/auth.json",
    "op/config", "heroku/netrc", "stripe/config.toml", ".fly/config.yml", ".circleci/cli.yml", "etc/env.php",
    "openvpn/client.conf", "openvpn/server.conf", "default/settings.php", "snowflake/config.toml",
    "freeradius/clients.conf", "raddb/clients.conf", "3.0/clients.conf",
  ]

  static func isSecret(name: String) -> Bool {
    if name.hasSuffix(".pub") || name.hasPrefix("public") || isExample(name) { return false }
    return forms(of: name).contains(where: isSecretForm)
  }

  /// An example holds nothing; but keys are keys, also those for `example.com`.
  private static func isExample(_ name: String) -> Bool {
    let parts = name.split { ".-_ ".contains($0) }
    guard let last = parts.last, parts.contains(where: { examples.contains(String($0)) }) else {
      return false
    }
    return examples.contains(String(last)) || !endings.contains { name.hasSuffix($0) }
  }

  /// The name, and what is left of it without the endings of copies and the words of places that it is for.
  private static func forms(of name: String) -> [String] {
    var forms = [name]
    var rest = Substring(name)
    if rest.first == "#" && rest.last == "#" { rest = rest.dropFirst().dropLast() }
    while true {
      if let ending = copyEndings.first(where: { rest.hasSuffix($0) && rest.count > $0.count }) {
        rest = rest.dropLast(ending.count)
      } else if rest.last == "~" {
        rest = rest.dropLast()
      } else {
        break
      }
    }
    if rest.count < name.count { forms.append(String(rest)) }
    // Without the places: "secrets-prod.yml", "prod.database.yml", "credentials (1).json"
    var kept = ""
    var word = ""
    var separator = ""
    func keepWord() {
      let isPlace = places.contains(word) || word.first == "(" && word.last == ")"
      if !word.isEmpty && !isPlace { kept += (kept.isEmpty && separator != "." ? "" : separator) + word }
    }
    for character in rest {
      if ".-_ ".contains(character) {
        keepWord()
        // A name that began with a place begins with what stands behind it.
        separator = kept.isEmpty && !word.isEmpty ? "" : String(character)
        word = ""
      } else {
        word.append(character)
      }
    }
    keepWord()
    if kept != rest { forms.append(kept) }
    return forms
  }

  private static let examples: Set<String> = [
    "example", "examples", "sample", "samples", "template", "templates", "tmpl", "tpl", "dist", "skel",
    "schema", "defaults",
  ]
  private static let copyEndings = [
    ".bak", ".backup", ".old", ".orig", ".save", ".saved", ".swp", ".swo", ".tmp", ".copy", ".new", "-old",
    "-bak",
    "-backup", "_old", "_bak", "_backup", " (copy)", " copy", ".dpkg-old", ".rpmsave", ".txt", ".decrypted",
    ".dec", ".enc",
  ]
  private static let places: Set<String> = [
    "local", "prod", "production", "dev", "development", "staging", "stage", "test", "testing", "live",
    "backup", "work",
    "personal", "copy", "old", "new", "main", "github", "gitlab", "deploy", "server", "admin", "1", "2",
  ]

  private static func isSecretForm(_ name: String) -> Bool {
    if name == ".env" || name.hasPrefix(".env.") || name.hasPrefix(".env-") || name.hasPrefix(".env_")
      || name.hasSuffix(".env")
    {
      return true
    }
    if names.contains(name) || prefixes.contains(where: { name.hasPrefix($0) })
      || endings.contains(where: { name.hasSuffix($0) })
    {
      return true
    }
    if isOfProgram(name) { return true }
    // Data and notes that are named for what they hold; programs and documents about it are not.
    let parts = name.split(separator: ".", omittingEmptySubsequences: true)
    guard let stem = parts.first.map(String.init), parts.count <= 2, isData(name) else { return false }
    let fileExtension = parts.count == 2 ? String(parts[1]) : ""
    if stems.contains(stem) { return true }
    if noteStems.contains(stem) && noteExtensions.contains(fileExtension) { return true }
    guard let word = stem.split(whereSeparator: { "-_ ".contains($0) }).last,
      !["md", "rst", "org"].contains(fileExtension)
    else { return false }
    return stems.contains(String(word))
  }

  /// Settings and exports whose names have a part of one's own.
  private static func isOfProgram(_ name: String) -> Bool {
    func isNamed(_ beginning: String, _ ending: String) -> Bool {
      name.hasPrefix(beginning) && name.hasSuffix(ending) && name.count > beginning.count + ending.count
    }
    // Not the settings that are the same everywhere.
    if isNamed("appsettings.", ".json") { return true }
    if isNamed("wg", ".conf"), name.dropFirst(2).first.map({ $0.isNumber || $0 == "-" }) == true {
      return true
    }
    // `gcp-service-account.json`, `ansible-vault.yml`
    if ["service-account", "service_account", "serviceaccount"].contains(where: name.contains),
      name.hasSuffix(".json")
    {
      return true
    }
    if ["-vault.yml", "_vault.yml", "-vault.yaml", "_vault.yaml"].contains(where: name.hasSuffix) {
      return true
    }
    if exporters.contains(where: name.contains), exportExtensions.contains(where: name.hasSuffix) {
      return true
    }
    // `.slack-token`, `.vault_pass`: files that programs keep one secret in.
    guard name.hasPrefix("."), !name.dropFirst().contains("."),
      let word = name.dropFirst().split(whereSeparator: { "-_".contains($0) }).last,
      word.count + 1 < name.count
    else { return false }
    return lastWords.contains(String(word))
  }

  private static let exporters = [
    "keepass", "lastpass", "bitwarden", "1password", "dashlane", "nordpass", "enpass",
  ]
  private static let exportExtensions = [".xml", ".csv", ".json", ".txt", ".html", ".ini"]
  private static let lastWords: Set<String> = [
    "pass", "password", "passwd", "passphrase", "token", "secret", "key", "apikey", "creds", "credentials",
  ]

  /// Whether a file is no program: by its extension, or because it has none.
  private static func isData(_ name: String) -> Bool {
    guard let dot = name.lastIndex(of: "."), dot > name.startIndex else { return true }
    return dataExtensions.contains(String(name[name.index(after: dot)...]))
  }

  private static let names: Set<String> = [
    ".netrc", "_netrc", "netrc", ".authinfo", ".authinfo.gpg", ".npmrc", ".yarnrc.yml", ".pypirc",
    ".htpasswd", "htpasswd",
    ".htaccess.passwd", ".pgpass", "pgpass.conf", ".my.cnf", ".mylogin.cnf", "my.cnf.local",
    ".git-credentials", ".dockercfg", ".dockerconfigjson",
    ".vault-token", ".vault_pass", ".vault-pass", ".vault_password", "vault_pass", "vault_password",
    "vault-password", "vault.yml", "vault.yaml", ".s3cfg",
    ".boto", ".fetchmailrc", ".msmtprc", ".muttrc", ".mutt_secrets", ".mbsyncrc", ".offlineimaprc",
    ".getmailrc", ".esmtprc", ".ldaprc", ".smbcredentials",
    ".smbpasswd", "smbpasswd", "rclone.conf", ".envrc", ".flaskenv", ".dev.vars", "shadow", "gshadow",
    "passwd", "master.passwd", "sudoers", "opasswd",
    "chap-secrets", "pap-secrets", "ipsec.secrets", "wpa_supplicant.conf", "wp-config.php",
    "localsettings.php", "settings.local.php",
    "settings.secret.py", "local_settings.py", "configuration.php.local", "config.inc.php", "parameters.yml",
    "parameters.yaml", "database.yml", "databases.yml",
    "credentials.yml.enc", "master.key", "production.key", "filezilla.xml", "sitemanager.xml",
    "recentservers.xml", "ftpconfig", ".ftpconfig", "sftp-config.json",
    "sftp.json", "ftpd.passwd", "proftpdpasswd", "winscp.ini", "confcons.xml", "terraform.tfstate",
    ".terraformrc", "terraform.rc", "credentials.tfrc.json",
    "kubeconfig", "kube.config", "kube-config", "admin.conf", "kubelet.conf", "secring.gpg", "pubring.kbx",
    "trustdb.gpg", "keystore.properties", "keystore.jks",
    "key.properties", "signing.properties", "gradle.properties.local", "google-services.json",
    "googleservice-info.plist", "firebase-adminsdk.json",
    "service-account.json", "service_account.json", "serviceaccount.json", "service-account-key.json",
    "serviceaccountkey.json",
    "application_default_credentials.json", "accesstokens.json", "azureprofile.json", "msal_token_cache.json",
    "legacy_credentials",
    "client_secret.json", "client_secrets.json", "client-secret.json", "oauth_token.json", "token.json",
    "tokens.json", "token.pickle", "auth.json",
    "authorized_keys", "authorized_keys2", "known_hosts", "login data", "logins.json", "key3.db", "key4.db",
    "signons.sqlite", "cookies", "cookies.txt", "cookies.sqlite",
    "web data", ".irbrc_history", ".rhistory", ".bash_history", ".zsh_history", ".sh_history", ".ksh_history",
    ".history", ".lesshst",
    ".viminfo", ".python_history", ".node_repl_history", ".psql_history", ".mysql_history", ".sqlite_history",
    ".rediscli_history", ".dbshell", ".mongorc.js",
    "fish_history", "consolehost_history.txt", ".scala_history", ".gdb_history", ".php_history",
    ".pry_history", ".irb_history",
    "unattend.xml", "autounattend.xml", "sysprep.xml", "sysprep.inf", "web.config.secret",
    "appsettings.secrets.json", "secrets.dev.yaml", "usersecrets.json",
    "wallet.dat", "keyfile", "seed.txt", "mnemonic.txt", "recovery-codes.txt", "recovery_codes.txt",
    "backup-codes.txt", "backup_codes.txt", "github-recovery-codes.txt",
    "secret_token.rb", "jenkins.plugins.publish_over_ssh.bapsshpublisherplugin.xml",
    "hudson.util.secret", "initialadminpassword", "master.key.enc", "id_rsa", "id_dsa", "id_ecdsa",
    "id_ed25519", "id_ed25519_sk", "id_ecdsa_sk", "id_xmss",
    "ssh_host_rsa_key", "ssh_host_dsa_key", "ssh_host_ecdsa_key", "ssh_host_ed25519_key", "krb5.keytab",
    "radius.secrets", "slapd.conf", "ldap.secret", "rndc.key",
    "wg0.conf", "anaconda-ks.cfg", "kickstart.cfg", "ks.cfg", "cloud-init.secret", ".credentials", ".passwd",
    ".password", ".secret", ".token", ".pw", ".key", ".apikey", ".api_key",
    ".netlify", ".gitlab-token", ".github-token", ".pgsync", ".remote-sync.json", ".tugboat", ".jira",
    "tomcat-users.xml", "jboss-users.properties", "application-users.properties", "mgmt-users.properties",
    "standalone-users.properties", ".rvmrc.local", "nginx.htpasswd", ".renviron", "local.settings.json",
    ".odbc.ini",
    "sentry.properties", "local.properties", "configuration.php", "mylogin.cnf", "dovecot-users",
    "sasl_passwd", "passwd.client", "web.config", "grafana.ini", "snmpd.conf", "snmp.conf", "odbc.ini",
    "settings-security.xml",
    ".databrickscfg", "kaggle.json", ".curlrc", ".wgetrc", ".hgrc", ".sentryclirc", "debian.cnf",
    "turnserver.conf",
    "proxychains.conf", "proxychains4.conf", "oauth2.json", "azureauth.json", "dbvis.xml", "webservers.xml",
    "ultravnc.ini", "vnc.ini", "credentials-config.json",
  ]

  private static let prefixes = [
    "id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", "client_secret_", "client_secrets_", "service-account",
    "service_account", "serviceaccount",
    "terraform.tfstate", "kubeconfig", "aws-credentials", "aws_credentials", "gcp-credentials",
    "gcp_credentials", "firebase-adminsdk", "ssh_host_", "wpa_supplicant",
    ".bash_history", ".zsh_history", "gha-creds-",
  ]

  private static let endings = [
    ".pem", ".key", ".p12", ".pfx", ".p8", ".pk8", ".pkcs12", ".jks", ".jceks", ".bks", ".keystore",
    ".truststore", ".kdb", ".kdbx", ".ppk", ".asc", ".gpg", ".pgp", ".age",
    ".agekey", ".keytab", ".ovpn", ".mobileprovision", ".provisionprofile", ".keychain", ".keychain-db",
    ".tfvars", ".tfvars.json", ".tfstate", ".auto.tfvars",
    ".psafe3", ".agilekeychain", ".opvault", ".1pif", ".1pux", ".wallet", ".keyring", ".htpasswd", ".history",
    "_history", ".snk", ".publishsettings", ".rdp", ".rdg", ".pcf", ".tblk",
    ".kwallet", ".cscfg", ".pubxml.user", ".sops.yaml", ".sops.yml", ".secrets.yml",
    ".secrets.yaml", ".secrets.json", ".credentials.json", ".credentials", ".secret", ".secrets",
    ".password", ".passwd", ".token", ".mobileconfig", ".sqlite_history",
    ".privatekey", "_rsa", "_dsa", "_ecdsa", "_ed25519", "adminsdk.json", ".nmconnection",
  ]

  /// With these names, by themselves or behind others, as data.
  private static let stems: Set<String> = [
    "credentials", "credential", "creds", "cred", "secrets", "secret", "passwords", "password", "passwort",
    "passwörter",
    "passwoerter", "passwds", "passwd", "kennwort", "kennwörter", "logins", "apikey", "apikeys", "api_key",
    "api_keys", "api-key",
    "api-keys", "accesskeys", "access_keys", "accesskey", "rootkey", "private_key", "private-key",
    "privatekey", "secret_key",
    "secretkey", "passphrase", "seedphrase", "seed_phrase", "seed-phrase", "zugangsdaten", "mnemonic",
    "vault_pass", "access_token",
    "access_tokens", "secret_token",
  ]
  /// With these names as notes or tables.
  private static let noteStems: Set<String> = [
    "keys", "key", "token", "tokens", "pass", "pwd", "pw", "login", "vault", "recovery", "pin", "2fa",
    "otp", "totp", "auth", "wifi", "wlan",
    "lastpass_export", "lastpass", "bitwarden_export", "bitwarden", "1password", "keepass",
  ]
  private static let noteExtensions: Set<String> = [
    "txt", "csv", "tsv", "xlsx", "ods", "doc", "docx", "odt", "rtf", "enc", "dat",
  ]

  private static let dataExtensions: Set<String> = [
    "txt", "md", "json", "yml", "yaml", "toml", "ini", "cfg", "conf", "config", "csv", "tsv", "xml",
    "properties", "env", "plist", "xlsx", "ods", "doc", "docx", "odt", "rtf",
    "org", "rst", "enc", "dat", "db", "json5", "sops", "list", "lst", "sqlite", "note", "notes", "vars",
    "sls",
  ]
}
