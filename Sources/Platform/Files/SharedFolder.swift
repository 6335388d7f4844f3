#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Where files are that come with the programs: the folder that a variable names, else `../share/inkling/NAME` beside the
/// program, else the source tree that it was built in.
///
/// - Parameters:
///   - name: of the folder.
///   - variable: of the environment; an empty one is none.
///   - file: what the folder holds if it is the one.
///   - sourceFile: of the caller: a debug build finds the source tree that it was made of.
/// - Returns: nil if it is nowhere.
package func sharedFolder(
  _ name: String, variable: String, holding file: String, sourceFile: String = #filePath
) -> String? {
  if let value = getenv(variable) {
    let path = String(cString: value)
    if !path.isEmpty { return path }
  }
  var candidates: [String] = []
  if let program = executablePath() {
    var folder = parentFolder(program)
    candidates.append(parentFolder(folder) + "/share/inkling/" + name)
    // `.build/x86_64-unknown-linux-gnu/debug` and the like, within the source tree.
    for _ in 0..<5 {
      folder = parentFolder(folder)
      candidates.append(folder + "/" + name)
    }
  }
  #if DEBUG
    var folder = parentFolder(sourceFile)
    while !folder.isEmpty && folder != "." {
      candidates.append(folder + "/" + name)
      folder = parentFolder(folder)
    }
  #endif
  return candidates.first { fileExists($0 + "/" + file) }
}

/// The path up to the last slash; empty for what lies in the root.
private func parentFolder(_ path: String) -> String {
  guard let slash = path.lastIndex(of: "/") else { return "." }
  return slash == path.startIndex ? "" : String(path[..<slash])
}
