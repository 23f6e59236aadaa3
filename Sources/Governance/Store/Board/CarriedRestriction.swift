import Board
import Model
import Policy
import Postgres

/// An emergency restriction that is in the text that a proposal is based on, and ends without it.
public struct CarriedRestriction: Sendable, Hashable {
  /// The text that comes back at its end.
  var returning: PolicySpec
  /// The text that the proposal is based on.
  var base: PolicySpec

  /// What a text keeps of it.
  func kept(by text: PolicySpec) -> [PolicyDifference.Entry] {
    PolicyDifference(from: returning, to: text).kept(of: PolicyDifference(from: returning, to: base))
  }
}

extension GovernanceStore {
  /// A draft or proposal as it is answered, with the restriction that it carries.
  func record(
    _ proposal: Proposal, revision: Int64, at moment: BoardMoment, in connection: PostgresConnection
  ) async throws -> BoardRecord {
    var record = BoardRecord(proposal, revision: revision, at: moment)
    record.carried = try await carried(by: record, at: moment, in: connection)
    return record
  }

  /// The restriction that a draft or proposal carries; nil where it has none, can not be ratified, or its vote is over.
  func carried(
    by record: BoardRecord, at moment: BoardMoment, in connection: PostgresConnection
  ) async throws -> CarriedRestriction? {
    let proposal = record.proposal
    guard proposal.kind == .version, [.draft, .open].contains(proposal.state), !record.isOutdated,
      let end = moment.line.returning(after: proposal.base, at: moment.at)
    else { return nil }
    let known = moment.line.versions.first { $0.version == proposal.base }?.spec
    let base = if let known { known } else { try await document(of: proposal.base, in: connection) }
    return CarriedRestriction(returning: end.spec, base: base)
  }
}
