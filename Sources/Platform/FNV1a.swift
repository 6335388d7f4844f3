/// FNV-1a (Fowler, Noll, Vo), 64 bits: a short name for some bytes, where nobody gains from two with the same one.
package func fnv1a64(_ bytes: some Sequence<UInt8>) -> UInt64 {
  bytes.reduce(0xCBF2_9CE4_8422_2325) { hash, byte in (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
}
