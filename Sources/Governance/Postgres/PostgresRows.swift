/// A statement's result, wholly received.
public struct PostgresRows: RandomAccessCollection, Sendable {
  let handle: ResultHandle

  /// Rows inserted, updated, deleted or selected.
  public var affected: Int { handle.affected }

  /// The columns' names, in order.
  public var columns: [String] { handle.columns.map(\.name) }

  /// Always 0.
  public var startIndex: Int { 0 }

  /// The number of rows.
  public var endIndex: Int { handle.count }

  /// One row.
  public subscript(position: Int) -> PostgresRow {
    precondition(indices.contains(position), "row \(position) of \(handle.count)")
    return PostgresRow(handle: handle, index: position)
  }
}

/// One row of a result; it keeps the whole result alive.
public struct PostgresRow: Sendable {
  let handle: ResultHandle
  let index: Int

  /// The value of the named column; of the first one, where several bear the name.
  ///
  /// - Throws: ``PostgresError/Kind/decoding``, naming the column and both types.
  public func decode<T: PostgresDecodable>(
    _ type: T.Type = T.self, _ column: String
  ) throws(PostgresError) -> T {
    guard let position = handle.columns.firstIndex(where: { $0.name == column }) else {
      let names = handle.columns.map(\.name).joined(separator: ", ")
      throw PostgresError(.decoding, "no column \(column) in the result; there are: \(names)")
    }
    return try decode(type, at: position)
  }

  /// The value of the column at `position`, from 0.
  public func decode<T: PostgresDecodable>(
    _ type: T.Type = T.self, at position: Int
  ) throws(PostgresError) -> T {
    guard handle.columns.indices.contains(position) else {
      throw PostgresError(.decoding, "no column \(position) in the result; it has \(handle.columns.count)")
    }
    let column = handle.columns[position]
    let text = handle.text(row: index, column: position)
    return try T(postgres: PostgresCell(column: column.name, type: column.type, text: text))
  }
}
