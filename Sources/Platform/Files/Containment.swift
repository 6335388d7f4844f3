/// Whether a path below a folder leads out of it by a link: what is there, or the place where it would be made, lies
/// elsewhere. A link that leads nowhere counts.
package func leadsOutside(_ path: String, of folder: String) -> Bool {
  guard let top = realPath(folder) else { return true }
  var path = path
  while true {
    if let real = realPath(path) { return !isPath(real, atOrBelow: top) }
    var status = stat()
    if lstat(path, &status) == 0 { return true }
    // Nothing is there yet: its folder decides.
    guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return true }
    if path[slash...] == "/.." { return true }
    path = String(path[..<slash])
  }
}
