import CSystem
import Synchronization

/// The mapped files of this process, whose pages count as its memory until they are given back.
package enum MappedPages {
  /// Byte counts by address.
  private static let mappings = Mutex<[UInt: Int]>([:])

  static func add(_ bytes: UnsafeRawBufferPointer) {
    mappings.withLock { $0[UInt(bitPattern: bytes.baseAddress)] = bytes.count }
  }

  /// Unmaps what was added. The address is somebody else's from then on.
  static func unmap(_ bytes: UnsafeRawBufferPointer) {
    guard let base = bytes.baseAddress else { return }
    mappings.withLock { mappings in
      mappings[UInt(bitPattern: base)] = nil
      munmap(UnsafeMutableRawPointer(mutating: base), bytes.count)
    }
  }

  /// Gives the pages of all of them back to the system; they are read again when next touched, from its cache as a rule.
  static func release() {
    mappings.withLock { mappings in
      for (address, count) in mappings {
        madvise(UnsafeMutableRawPointer(bitPattern: address), count, Int32(MADV_DONTNEED))
      }
    }
  }
}

/// Files that only this process writes, mapped for reading.
package struct PrivateMapping: ~Copyable {
  package let bytes: UnsafeRawBufferPointer

  /// Nil where the system says no, as its `errno` says, or there is nothing to map.
  package init?(_ descriptor: Int32, byteCount: Int) {
    guard byteCount > 0, let base = mmap(nil, byteCount, PROT_READ, MAP_SHARED, descriptor, 0),
      base != MAP_FAILED
    else { return nil }
    bytes = UnsafeRawBufferPointer(start: base, count: byteCount)
    MappedPages.add(bytes)
  }

  deinit { MappedPages.unmap(bytes) }

  /// Gives pages back to the system; they are read again when next touched.
  package func releasePages(_ range: Range<Int>) {
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let lower = max(0, range.lowerBound / page * page)
    let upper = min(range.upperBound, bytes.count)
    guard lower < upper, let base = bytes.baseAddress else { return }
    madvise(UnsafeMutableRawPointer(mutating: base + lower), upper - lower, Int32(MADV_DONTNEED))
  }
}
