import Platform

/// Folders in which the system shows itself rather than anybody's files. They are walked only when they are named.
enum SystemFolders {
  /// - Parameter path: of the folder: absolute, links resolved.
  static func contains(_ path: String, _ folder: OpenFolder) -> Bool {
    path == "/proc" || path == "/sys" || path == "/dev" || types.contains(folder.fileSystemType)
  }

  /// As in linux/magic.h: proc, sysfs, devpts, cgroups, debugfs, tracefs, securityfs, configfs, pstore, bpf, efivarfs,
  /// mqueue, selinux, autofs.
  private static let types: Set<UInt32> = [
    0x9FA0, 0x6265_6572, 0x1CD1, 0x27_E0EB, 0x6367_7270, 0x6462_6720, 0x7472_6163, 0x7363_6673, 0x6265_6570,
    0x6165_676C, 0xCAFE_4A11, 0xDE5E_81E4, 0x1980_0202, 0xF97C_FF8C, 0x0187,
  ]
}
