import Privacy
import Testing

@Suite struct SecretFileNamesTests {
  @Test(arguments: [
    ".env", ".env.production", "prod.env", ".envrc", ".env.local.bak", "credentials", ".aws/credentials",
    ".aws/config",
    "id_rsa", "id_rsa.bak", "id_ed25519_work", "ID_ED25519", "terraform.tfstate", "terraform.tfstate.backup",
    "prod.tfvars", "secrets.auto.tfvars", "kubeconfig", "kubeconfig-prod.yaml", ".kube/config",
    "wp-config.php",
    "wp-config.php.old", "wp-config-local.php", "service-account.json", "service_account_prod.json",
    "client_secret_1234.apps.googleusercontent.com.json", ".npmrc", ".netrc", "_netrc", ".authinfo",
    ".pgpass",
    ".my.cnf", ".s3cfg", ".boto", "rclone.conf", "etc/shadow", "htpasswd", ".htpasswd", "master.key",
    "office.ovpn",
    "Team.mobileprovision", "login.keychain", "vault.yml", ".vault_pass", "secring.gpg", ".Rhistory",
    ".bash_history",
    "LocalSettings.php", "settings.local.php", "parameters.yml", "config/database.yml", "database.prod.yml",
    "FileZilla.xml", "recentservers.xml", "known_hosts", ".ssh/config", "passwords.txt", "passwords.md",
    "keys.txt",
    "Passwords.docx", "wifi-password.txt", "new_user_credentials.csv", "credentials (1).json",
    "secrets-prod.yaml",
    "deploy/secrets/db.yaml", "secrets/token", "gh/hosts.yml", "server.pem", "example.com.key", "backup.kdbx",
    "id_rsa~",
    ".id_rsa.swp", "rootkey.csv", ".Renviron", "local.settings.json", "gha-creds-12ab.json",
    "app/etc/env.php", "wifi.txt",
    "freeradius/clients.conf", "configuration.php", ".docker/config.json", "auth.json", "release.keystore",
    "AuthKey_ABC123.p8",
  ])
  func tellsSecretFiles(path: String) { #expect(SecretFileNames.isSecret(path: path)) }

  @Test(arguments: [
    "main.swift", ".env.example", ".env.sample", ".env.template", "env.example", "secrets.example.yml",
    "terraform.tfvars.example", "wp-config-sample.php", "PasswordField.swift", "password.go",
    "reset-password.md",
    "password-policy.md", "tokens.swift", "token.c", "Tokenizer.py", "secrets.py",
    "src/secrets/Manager.swift",
    "keys.go", "keyboard.txt", "monkeys.txt", "id_rsa.pub", "README.md", "notes.txt", "environment.yml",
    "history.md",
    "passwd.5", "shadow.cpp", "credentials.rs", "config.yml", "authentication.md", "vault.go",
    "parameters.json",
    "database.sql", "Makefile", "docker-compose.yml", "login.html", "2024.txt", "test.txt", "production.md",
    "clients.conf", "env.php", "wifi.swift", "configuration.swift",
  ])
  func leavesOthers(path: String) { #expect(!SecretFileNames.isSecret(path: path)) }
}
