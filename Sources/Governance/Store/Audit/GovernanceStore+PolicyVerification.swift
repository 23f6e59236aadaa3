import Board
import Events
import Foundation
import Model
import Postgres
import Trail

extension GovernanceStore {
  /// What of the policy's versions, proposals and votes is not as the trail tells of it.
  ///
  /// - Parameter told: what the trail tells, all of it.
  static func policyFindings(
    _ told: ToldPolicy, in connection: PostgresConnection
  ) async throws -> [AuditFinding] {
    var told = told
    var findings: [AuditFinding] = []
    var version: Int64 = 0
    while true {
      let rows = try await connection.query(
        """
        SELECT v.version, v.effective_at, v.document, v.principal, o.origin, o.proposal FROM policy_versions v
        LEFT JOIN policy_origins o USING (version)
        WHERE v.version > \(version) ORDER BY v.version LIMIT \(policyBatch)
        """)
      for row in rows {
        version = try row.decode("version")
        // One that can not be read any more is told, and keeps no other from being looked at.
        let spec = try? row.decode(PostgresJSON.self, "document").model(PolicySpec.self)
        let origin = try row.decode(String?.self, "origin")
        findings += told.check(
          ToldPolicy.Version(
            number: version, digest: try spec.map { try BoardDetail.digest(of: $0) },
            effectiveAt: Timestamp(try row.decode(Date.self, "effective_at")), origin: origin,
            proposal: try row.decode("proposal"), principal: try row.decode("principal")))
      }
      if rows.count < policyBatch { break }
    }
    var number: Int64 = 0
    while true {
      let rows = try await connection.query(
        """
        SELECT id, state, closes_at, number, body FROM policy_proposals
        WHERE number > \(number) ORDER BY number LIMIT \(policyBatch)
        """)
      let ids = try rows.map { try $0.decode(UUID.self, "id") }
      let cast = try await ballots(on: ids, in: connection)
      let said = try await comments(on: ids, in: connection)
      let known = try await knownImpacts(of: ids, in: connection)
      for row in rows {
        number = try row.decode("number")
        let id: UUID = try row.decode("id")
        // As of versions: what can not be read is told.
        let proposal = try? row.decode(PostgresJSON.self, "body").model(Proposal.self)
        let (state, closesAt) = (try row.decode(String.self, "state"), try row.decode(Date?.self, "closes_at"))
        findings += told.check(
          ToldPolicy.Proposal(
            id: id, state: state, digest: try proposal.map { try BoardDetail.digest(of: $0.spec) },
            isWhole: proposal.map { proposal in
              (proposal.id, proposal.state.rawValue, proposal.closesAt) == (id, state, closesAt.map(Timestamp.init))
            } ?? true,
            standing: (proposal?.votes ?? []).map { vote in
              ToldPolicy.Ballot(
                operator: vote.operator, choice: vote.choice.rawValue, reason: vote.reason, at: vote.at,
                principal: vote.principal)
            }, cast: cast[id] ?? [], comments: said[id] ?? [],
            terms: proposal.map { ToldTerms($0) } ?? ToldTerms(), result: proposal?.result.map { ToldPolicy.Count($0) },
            rejection: proposal?.rejection?.rawValue, withdrawal: proposal?.withdrawal,
            course: ToldCourse(proposal, impact: known[id]?.impact), asked: known[id]?.text))
      }
      if rows.count < policyBatch { break }
    }
    findings += try await impactFindings(&told, in: connection)
    return findings + told.missing()
  }

  /// What an entry tells of the policy.
  static func tell(_ entry: AuditEntry, to policy: inout ToldPolicy) {
    guard ToldPolicy.isApplication(entry) else { return policy.take(entry) }
    let text = try? ModelJSON.decoder.decode(Applied.self, from: Data(entry.body))
    policy.take(
      application: entry, digest: text.flatMap { try? BoardDetail.digest(of: $0.detail.after.spec) },
      effectiveAt: text?.detail.effectiveAt)
  }

  private struct Applied: Decodable {
    struct Detail: Decodable {
      struct Content: Decodable {
        var spec: PolicySpec
      }

      var after: Content
      var effectiveAt: Timestamp?
    }

    var detail: Detail
  }

  private static func ballots(
    on proposals: [UUID], in connection: PostgresConnection
  ) async throws -> [UUID: [ToldPolicy.Ballot]] {
    let rows = try await connection.query(
      """
      SELECT proposal, operator, choice, reason, at, principal FROM policy_votes WHERE proposal = ANY(\(proposals)) ORDER BY id
      """)
    var ballots: [UUID: [ToldPolicy.Ballot]] = [:]
    for row in rows {
      ballots[try row.decode("proposal"), default: []].append(
        ToldPolicy.Ballot(
          operator: try row.decode("operator"), choice: try row.decode("choice"), reason: try row.decode("reason"),
          at: Timestamp(try row.decode(Date.self, "at")), principal: try row.decode("principal")))
    }
    return ballots
  }

  private static func comments(
    on proposals: [UUID], in connection: PostgresConnection
  ) async throws -> [UUID: [ToldPolicy.Comment]] {
    let rows = try await connection.query(
      "SELECT proposal, operator, body, at FROM policy_comments WHERE proposal = ANY(\(proposals)) ORDER BY id")
    var comments: [UUID: [ToldPolicy.Comment]] = [:]
    for row in rows {
      let words = try row.decode(String.self, "body")
      comments[try row.decode("proposal"), default: []].append(
        ToldPolicy.Comment(
          operator: try row.decode("operator"), at: Timestamp(try row.decode(Date.self, "at")),
          digest: Digest.hexadecimal(Digest.sha256(words.utf8))))
    }
    return comments
  }

  /// Which result is the impact of each of these proposals, as whoever reads it is shown, and the digest of the text that it is of.
  private static func knownImpacts(
    of proposals: [UUID], in connection: PostgresConnection
  ) async throws -> [UUID: (impact: ToldImpact, text: String)] {
    let rows = try await connection.query(
      """
      SELECT p.id, i.* FROM unnest(\(proposals)) AS p (id), LATERAL (
        SELECT document, result, as_of, policy_version, offer_version, snapshot_digest, day::text AS day, effective_at
        FROM impacts WHERE subject = 'proposal/' || p.id::text ORDER BY requested_at DESC, id LIMIT 1) i
      """)
    var known: [UUID: (impact: ToldImpact, text: String)] = [:]
    for row in rows {
      let impact = ToldImpact(
        digest: try row.decode([UInt8]?.self, "result").map(Digest.hexadecimal),
        asOf: try row.decode(Date?.self, "as_of").map(Timestamp.init), ground: try ToldImpact.Ground(row))
      // What can not be read any more is no proposal's text.
      let text = try? row.decode(PostgresJSON.self, "document").model(PolicySpec.self)
      known[try row.decode("id")] = (impact, try text.map { try BoardDetail.digest(of: $0) } ?? "")
    }
    return known
  }

  /// Versions and proposals per round trip: they may be long.
  private static let policyBatch = 100
}

extension ToldPolicy.Count {
  fileprivate init(_ tally: Tally) {
    self.init(
      for: tally.for, against: tally.against, abstain: tally.abstain, silent: tally.silent, isBacked: tally.isBacked)
  }
}

extension ToldCourse {
  fileprivate init(_ proposal: Proposal?, impact: ToldImpact?) {
    self.init(
      createdAt: proposal?.createdAt, proposedAt: proposal?.proposedAt, closedAt: proposal?.closedAt,
      version: proposal?.version, amendedBy: proposal?.amendedBy,
      writers: proposal.map { [$0.principal] + ($0.editors ?? []).map(\.principal) } ?? [], impact: impact)
  }
}

extension ToldImpact.Ground {
  /// Nil where there is no result.
  fileprivate init?(_ row: PostgresRow) throws {
    guard let offerVersion = try row.decode(Int64?.self, "offer_version"),
      let digest = try row.decode([UInt8]?.self, "snapshot_digest"), let day = try row.decode(String?.self, "day")
    else { return nil }
    self.init(
      policyVersion: try row.decode("policy_version"), offerVersion: offerVersion,
      snapshotDigest: Digest.hexadecimal(digest), day: day,
      effectiveAt: try row.decode(Date?.self, "effective_at").map(Timestamp.init))
  }
}

extension ToldTerms {
  fileprivate init(_ proposal: Proposal) {
    self.init(
      operator: proposal.author, base: proposal.base, kind: proposal.kind.rawValue, effectiveAt: proposal.effectiveAt,
      motive: proposal.motive.map { motive in ["fr": motive.fr, "en": motive.en].compactMapValues(\.self) },
      closesAt: proposal.closesAt, amends: proposal.amends, restores: proposal.restores,
      rules: proposal.rules.map { rules in
        Rules(
          quorum: rules.quorum, majority: rules.majority.rawValue, votingDays: rules.votingDays,
          emergencyDays: rules.emergencyDays, voters: rules.voters)
      })
  }
}
