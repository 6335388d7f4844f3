import CLibFuzzer

/// Feeds one of the readers of what comes from outside with bytes that libFuzzer makes up.
///
///     scripts/fuzz TARGET [SECONDS]
///
/// Arguments: the target, then those of libFuzzer. A target that returns has done its duty, whatever it made of the
/// bytes; what must not happen is a trap, a bad address, or memory or time out of proportion.
@main
struct Fuzz {
  static func main() {
    var arguments = CommandLine.unsafeArgv
    guard CommandLine.argc > 1, let name = arguments[1].map({ String(cString: $0) }), select(name) else {
      print("usage: fuzz TARGET [LIBFUZZER OPTIONS] [CORPUS]")
      print("targets:", targets.map(\.name).joined(separator: " "))
      return
    }
    // libFuzzer sees the program's name and what follows the target.
    arguments[1] = arguments[0]
    arguments += 1
    var count = CommandLine.argc - 1
    var rest: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = arguments
    _ = LLVMFuzzerRunDriver(&count, &rest) { data, count in
      selected(UnsafeRawBufferPointer(start: data, count: count))
      return 0
    }
  }

  private static func select(_ name: String) -> Bool {
    guard let target = targets.first(where: { $0.name == name }) else { return false }
    selected = target.read
    return true
  }
}

/// What runs. Set once, before libFuzzer starts; a C function cannot take it along.
nonisolated(unsafe) private var selected: (UnsafeRawBufferPointer) -> Void = { _ in }
