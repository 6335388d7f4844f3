import Platform

/// Feeds one of the readers of what comes from outside with bytes that libFuzzer makes up.
///
///     scripts/fuzz TARGET [SECONDS]
///
/// libFuzzer brings the main program, and calls this for every input. The target is named by `INKLING_FUZZ_TARGET`. A reader
/// that returns has done its duty, whatever it made of the bytes; what must not happen is a trap, a bad address, or
/// memory or time out of proportion.
///
/// - Returns: 0: the input may be kept.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  target.read(UnsafeRawBufferPointer(start: data, count: count))
  return 0
}

private let target: FuzzTarget = {
  let name = environmentValue("INKLING_FUZZ_TARGET")
  guard let target = targets.first(where: { $0.name == name }) else {
    _ = "targets: \(targets.map(\.name).joined(separator: " "))\n".withCString { write(2, $0, strlen($0)) }
    // `exit` would be reported as a crash.
    _exit(2)
  }
  return target
}()
