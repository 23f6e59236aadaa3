internal import CLibPQ

/// Owner of one result of libpq.
///
/// `@unchecked Sendable`: libpq never changes a result once it was handed out, so that any number of threads may
/// read it; it is freed when the last of them let go.
final class ResultHandle: @unchecked Sendable {
  let pointer: OpaquePointer
  let count: Int
  let columns: [(name: String, type: PostgresType)]

  init(_ pointer: OpaquePointer) {
    self.pointer = pointer
    count = Int(PQntuples(pointer))
    columns = (0..<PQnfields(pointer)).map { index in
      let name = PQfname(pointer, index).map { String(cString: $0) } ?? ""
      return (name, PostgresType(rawValue: PQftype(pointer, index)))
    }
  }

  deinit {
    PQclear(pointer)
  }

  var commandTag: String { String(cString: PQcmdStatus(pointer)) }

  var affected: Int { Int(String(cString: PQcmdTuples(pointer))) ?? 0 }

  func text(row: Int, column: Int) -> String? {
    guard PQgetisnull(pointer, Int32(row), Int32(column)) == 0,
      let value = PQgetvalue(pointer, Int32(row), Int32(column))
    else { return nil }
    let length = Int(PQgetlength(pointer, Int32(row), Int32(column)))
    return value.withMemoryRebound(to: UInt8.self, capacity: length) {
      String(decoding: UnsafeBufferPointer(start: $0, count: length), as: UTF8.self)
    }
  }
}
