import Privacy

/// What a file's or folder's name alone says about it.
enum FileNameRules {
  /// Folders of version control and of tools, and what is installed rather than written.
  static func reasonToLeaveOutFolder(_ name: String) -> LeftOutReason? {
    if name.hasPrefix(".") || name == "CVS" || name == "_darcs" { return .hiddenFolder }
    if dependencyFolders.contains(name) { return .dependencies }
    return nil
  }

  private static let dependencyFolders: Set<String> = [
    "node_modules", "bower_components", "__pycache__", "site-packages", "dist-packages", "DerivedData",
  ]

  /// - Parameter path: the file's name, with those of the folders above it as far as they are to count.
  static func reasonToLeaveOutFile(_ path: String) -> LeftOutReason? {
    if SecretFileNames.isSecret(path: path) { return .secret }
    let name = path.split(separator: "/").last.map(String.init) ?? path
    if lockFiles.contains(name) || name.hasSuffix(".lock") { return .generated }
    let lower = name.lowercased()
    for ending in [".min.js", ".min.css", ".min.mjs", "-min.js", ".bundle.js"] where lower.hasSuffix(ending) {
      return .minified
    }
    for ending in generatedEndings where lower.hasSuffix(ending) { return .generated }
    return nil
  }

  private static let lockFiles: Set<String> = [
    "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lockb", "Cargo.lock",
    "Package.resolved", "poetry.lock", "Pipfile.lock", "uv.lock", "pdm.lock", "Gemfile.lock", "composer.lock",
    "go.sum", "flake.lock", "mix.lock", "pubspec.lock", "Podfile.lock", "Cartfile.resolved",
    "packages.lock.json", "gradle.lockfile", "deno.lock",
  ]

  private static let generatedEndings = [
    ".pb.go", ".pb.cc", ".pb.h", ".pb.swift", "_pb2.py", "_pb2_grpc.py", ".g.dart", ".designer.cs", ".map",
  ]
}
