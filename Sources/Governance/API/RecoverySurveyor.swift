public import Store

/// Reads what the bus holds, for a recovery: the API itself does not speak to it.
public protocol RecoverySurveyor: Sendable {
  /// What the topics of all zones hold; throws where one of them can not be read.
  func evidence() async throws -> [BusEvidence]
  /// What `regie.events` holds; throws where it can not be read.
  func told() async throws -> ToldEvidence
}
