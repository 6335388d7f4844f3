import CSystem

/// How much memory of this process is in the machine now, in bytes; nil where the system does not say.
public func residentByteCount() -> Int? {
  let count = inkling_resident_bytes()
  return count > 0 ? Int(count) : nil
}
