extension PostgresError {
  /// The same to whoever has committed something before it: nobody may be told by an outage that nothing was written.
  public var afterCommit: PostgresError {
    guard isOutage else { return self }
    return PostgresError(
      .ambiguousCommit, "what was committed could not be read again: \(self)",
      hint: "Ask again with the same Idempotency-Key")
  }

  /// Runs what an answer needs once something is committed.
  ///
  /// - Throws: What `body` throws, ``afterCommit``.
  public static func followingCommit<Value>(_ body: () async throws -> Value) async throws -> Value {
    do {
      return try await body()
    } catch let error as PostgresError {
      throw error.afterCommit
    }
  }
}
