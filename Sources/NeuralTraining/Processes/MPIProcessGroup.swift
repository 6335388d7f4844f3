import CMPI
import Platform

/// The processes that `mpirun` has started, joined by Open MPI, which is loaded at run time.
public final class MPIProcessGroup: ProcessGroup {
  public let index: Int
  public let count: Int

  /// As how many processes this program was started, by what `mpirun` tells each of them: Open MPI's, and MPICH's and its kin,
  /// whose processes Open MPI does not join. 1 without.
  public static var startedCount: Int {
    for name in sizeNames {
      if let value = getenv(name), let count = Int(String(cString: value)) { return count }
    }
    return 1
  }

  private static let sizeNames = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE"]

  /// Refuses, in each of several processes, what they would all do alike, each for itself.
  ///
  /// - Parameter work: as sentences name it: "a classifier".
  public static func refuseSeveral(_ work: String) throws(Failure) {
    guard startedCount > 1 else { return }
    throw Failure(
      "mpirun", why: "starts \(startedCount) processes, and \(work) is made by one",
      remedy:
        "start one; or, where each is a run of its own, without \(Self.sizeNames.joined(separator: " and ")) in its environment"
    )
  }

  /// Joins the others. Once in a process.
  ///
  /// - Throws: `Failure` where Open MPI is not there or not the one whose interface is known, and for a process alone.
  public init() throws(Failure) {
    let status = inkling_mpi_begin()
    guard status == inkling_mpi_ready else { throw Self.failure(status) }
    index = Int(inkling_mpi_index())
    count = Int(inkling_mpi_count())
    guard count > 1 else {
      inkling_mpi_end()
      if Self.startedCount > 1 {
        throw Failure(
          "MPI", why: "of another kind than Open MPI 4 has started these \(Self.startedCount) processes",
          remedy: "start them with Open MPI's mpirun")
      }
      throw Failure(
        "--outer-every", why: "is of several processes, and this one is alone",
        remedy: "start it with mpirun -n 2")
    }
  }

  private static func failure(_ status: inkling_mpi_status) -> Failure {
    let remedy = "install Open MPI 4 (Debian: openmpi-bin)"
    if status == inkling_mpi_absent {
      return Failure("MPI", why: "is not on this machine", remedy: remedy)
    }
    if status == inkling_mpi_foreign {
      return Failure("MPI", why: "is another one than Open MPI 4", remedy: remedy)
    }
    return Failure("MPI", why: "could not be initialised", remedy: "start with mpirun")
  }

  public func sum(_ values: UnsafeMutableBufferPointer<Float>) {
    guard let start = values.baseAddress, !inkling_mpi_sum_floats(start, Int64(values.count)) else { return }
    fail()
  }

  public func sum(_ values: UnsafeMutableBufferPointer<Double>) {
    guard let start = values.baseAddress, !inkling_mpi_sum_doubles(start, Int64(values.count)) else { return }
    fail()
  }

  public func end() { inkling_mpi_end() }

  /// Only where a library returns errors that by default end the program.
  private func fail() -> Never { fatalError("MPI could not add up what the processes have") }
}
