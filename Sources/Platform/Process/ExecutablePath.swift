/// Where the running program is; nil where the system does not say.
package func executablePath() -> String? {
  #if os(Linux)
    return linkTarget("/proc/self/exe")
  #else
    return realPath(CommandLine.arguments.first ?? "")
  #endif
}
