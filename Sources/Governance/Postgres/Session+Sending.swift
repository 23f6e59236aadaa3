internal import CLibPQ

extension Session {
  /// One command of a batch and what its result is for.
  enum Step {
    case free(name: String)
    case begin
    /// Without an index where it is what begins the transaction.
    case prepare(name: String, index: Int?)
    case query(index: Int)

    /// The place of the query that it belongs to.
    var index: Int? {
      switch self {
      case .prepare(_, let index): index
      case .query(let index): index
      case .free, .begin: nil
      }
    }
  }

  /// Queues the whole batch and its end mark; libpq buffers what the socket does not take.
  func send(_ queries: [PostgresQuery], opening: String?) throws(PostgresError) -> [Step] {
    for (index, query) in queries.enumerated() { try check(query, index: queries.count > 1 ? index : nil) }
    var steps: [Step] = []
    var isSent = true
    if let opening { isSent = send(PostgresQuery(unescaped: opening), as: .begin, steps: &steps) }
    for (index, query) in queries.enumerated() where isSent {
      isSent = send(query, as: .query(index: index), steps: &steps)
    }
    guard isSent, PQpipelineSync(pointer) == 1 else { throw broken(.lost(pointer)) }
    return steps
  }

  private func send(_ query: PostgresQuery, as step: Step, steps: inout [Step]) -> Bool {
    let types = query.parameters.map(\.type)
    switch cache.plan(for: StatementCache.Key(sql: query.sql, types: types)) {
    case .once:
      steps.append(step)
      return query.parameters.withPointers { values, lengths, formats in
        PQsendQueryParams(
          pointer, query.sql, Int32(types.count), types.map(\.rawValue), values, lengths, formats, 0)
      } == 1
    case .prepare(let name, let freeing):
      let isFreedNow = mayFree(before: step)
      for old in freeing where !isFreedNow { cache.free(name: old) }
      for old in freeing where isFreedNow {
        steps.append(.free(name: old))
        guard PQsendQueryParams(pointer, "DEALLOCATE \(old)", 0, nil, nil, nil, nil, 0) == 1 else { return false }
      }
      steps += [.prepare(name: name, index: step.index), step]
      return PQsendPrepare(pointer, name, query.sql, Int32(types.count), types.map(\.rawValue)) == 1
        && sendPrepared(name, query)
    case .prepared(let name):
      steps.append(step)
      return sendPrepared(name, query)
    }
  }

  /// Before the one that begins a transaction it would have begun another, whose level can not be changed; and in one that has
  /// failed it would fail, and what ends that with it.
  private func mayFree(before step: Step) -> Bool {
    if case .begin = step { return false }
    return PQtransactionStatus(pointer) != PQTRANS_INERROR
  }

  private func sendPrepared(_ name: String, _ query: PostgresQuery) -> Bool {
    query.parameters.withPointers { values, lengths, formats in
      PQsendQueryPrepared(pointer, name, Int32(query.parameters.count), values, lengths, formats, 0)
    } == 1
  }

  private func check(_ query: PostgresQuery, index: Int?) throws(PostgresError) {
    var problem: String?
    if query.parameters.count > 65_535 {
      problem = "\(query.parameters.count) parameters; the protocol carries 65535: send arrays and unnest them"
    } else if query.sql.utf8.contains(0) {
      problem = "the statement holds a NUL character"
    } else if let position = query.parameters.firstIndex(where: \.holdsNUL) {
      // In text form it would end the C string, and the rest would be lost without a word.
      problem = "parameter $\(position + 1) holds a NUL character, which PostgreSQL text can not store"
    }
    guard let problem else { return }
    var error = PostgresError(.invalidParameter, problem)
    error.pipelineIndex = index
    throw error
  }
}

extension [PostgresParameter] {
  /// Lends the parameters in the form that libpq wants, for the time of one call.
  fileprivate func withPointers<R>(
    _ body: ([UnsafePointer<CChar>?], [Int32], [Int32]) -> R
  ) -> R {
    var storage: [UInt8] = []
    storage.reserveCapacity(reduce(1) { $0 + ($1.bytes?.count ?? 0) + 1 })
    var offsets: [Int?] = []
    for parameter in self {
      offsets.append(parameter.bytes == nil ? nil : storage.count)
      storage += parameter.bytes ?? []
      storage.append(0)
    }
    let lengths = map { Int32($0.bytes?.count ?? 0) }
    let formats = map { Int32($0.isBinary ? 1 : 0) }
    storage.append(0)
    return storage.withUnsafeBytes { bytes in
      let values = offsets.map { offset in
        offset.flatMap { bytes.baseAddress?.advanced(by: $0).assumingMemoryBound(to: CChar.self) }
      }
      return body(values, lengths, formats)
    }
  }
}
