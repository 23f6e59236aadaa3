public import Events
import Foundation
import Model
import Placement
import Policy
import Postgres

extension GovernanceStore {
  /// The public document as things stand: from memory where that is kept true, else from the database.
  public func currentOffer() async throws -> PublishedOffer {
    if let prepared = world.snapshot?.prepared {
      let key = PublishedOfferCache.Key(
        epoch: prepared.key.epoch, life: prepared.key.life, offer: prepared.offerVersion, policy: prepared.policyVersion
      )
      if let known = published.find(key) { return known }
      let made = try await LongWork.answer {
        try PublishedOffer(prepared.offer, prepared.engine.policy.spec, version: prepared.policyVersion)
      }
      published.keep(made, as: key)
      return made
    }
    let rows = try await pool.withConnection { try await $0.query(Self.selectOfferKey) }
    if let known = published.find(try PublishedOfferCache.Key(row: rows.only)) { return known }
    return try await pool.withTransaction(isolation: .repeatableRead, readOnly: true) {
      try await readOffer(in: $0).offer
    }
  }

  /// The document that was current at a moment; nil before the first.
  public func offer(publishedAt moment: Timestamp) async throws -> PublishedOffer? {
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        SELECT digest, document, policy_version FROM offer_documents WHERE published_at <= \(moment.date)
        ORDER BY id DESC LIMIT 1
        """)
    }
    return try rows.first.map { row in
      PublishedOffer(
        bytes: Array(try row.decode(String.self, "document").utf8), digest: try row.decode("digest"),
        policyVersion: try row.decode("policy_version"))
    }
  }

  /// When the public document became another one, the latest first.
  public func offerPublications(limit: Int = 100, cursor: String? = nil) async throws -> Page<OfferPublication> {
    try Cursor.check(limit: limit)
    let before = try Cursor.decode(cursor, as: Int64.self) ?? .max
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        SELECT id, digest, policy_version, published_at FROM offer_documents WHERE id < \(before)
        ORDER BY id DESC LIMIT \(limit + 1)
        """)
    }
    let publications = try rows.map { row in
      OfferPublication(
        number: try row.decode("id"), digest: try row.decode("digest"), policyVersion: try row.decode("policy_version"),
        publishedAt: Timestamp(try row.decode(Date.self, "published_at")))
    }
    return try Page(publications, limit: limit, key: \.number)
  }

  /// Writes the public document down where its meaning has become another one, whichever instance comes first.
  ///
  /// - Returns: whether it has.
  public func publishOffer() async throws -> Bool {
    let current = try await currentOffer()
    guard try await latestDigest() != current.digest else { return false }
    // Looked at again in the order in which they are written: what is read under the lock is not older than what others
    // have written under it.
    return try await pool.withTransaction { connection in
      let answers = try await connection.pipeline([
        StoreLocks.takePublication(), Self.selectLatestDigest,
      ])
      let (present, isOfOneMoment) = try await readOffer(in: connection)
      // What has come in between has rung as well, and is written down then.
      guard isOfOneMoment, try answers[1].first?.decode(String.self, "digest") != present.digest else { return false }
      try await connection.execute(
        """
        INSERT INTO offer_documents (digest, document, policy_version)
        VALUES (\(present.digest), \(String(decoding: present.bytes, as: UTF8.self)), \(present.policyVersion))
        """)
      return true
    }
  }

  private func latestDigest() async throws -> String? {
    let rows = try await pool.withConnection { try await $0.query(Self.selectLatestDigest) }
    return try rows.first?.decode(String.self, "digest")
  }

  private static let selectLatestDigest: PostgresQuery =
    "SELECT digest FROM offer_documents ORDER BY id DESC LIMIT 1"

  private static let selectOfferKey: PostgresQuery = """
    SELECT o.version, e.epoch, \(DecisionBasis.Head.life) AS life, (\(inForce)) AS policy FROM offer_state o, epoch e
    """

  /// Makes the document of what is stored. It is kept only where it was read at one moment.
  private func readOffer(in connection: PostgresConnection) async throws -> (offer: PublishedOffer, isOfOneMoment: Bool)
  {
    let answers = try await connection.pipeline([
      Self.selectOfferKey, OfferRows.versions,
      "SELECT version, document FROM policy_versions WHERE version = (\(Self.inForce))",
    ])
    let key = try PublishedOfferCache.Key(row: answers[0].only)
    let resources = try await offerRows.resources(
      answers[1], epoch: key.epoch, life: key.life, offerVersion: key.offer, in: connection)
    let row = answers[2].first
    let policy = try row?.decode(PostgresJSON.self, "document").model(PolicySpec.self)
    let version = try row?.decode(Int64.self, "version")
    // Each statement sees what was committed by its own beginning: another look shows whether all are of one moment.
    let after = try await PublishedOfferCache.Key(row: connection.query(Self.selectOfferKey).only)
    let made = try await LongWork.answer {
      try PublishedOffer(Offer(resources), policy, version: version)
    }
    guard after == key, key.policy == version else { return (made, false) }
    published.keep(made, as: key)
    return (made, true)
  }
}

extension PublishedOffer {
  /// The document of an offer and a policy.
  init(_ offer: Offer, _ policy: PolicySpec?, version: Int64?) throws {
    let document = PublicOffer(offer, policy)
    self.init(
      bytes: [UInt8](try ModelJSON.encoder.encode(document)),
      digest: Digest.hexadecimal(Digest.sha256([UInt8](try document.meaning()))), policyVersion: version)
  }
}

extension PublishedOfferCache.Key {
  fileprivate init(row: PostgresRow) throws {
    self.init(
      epoch: try row.decode("epoch"), life: try row.decode("life"), offer: try row.decode("version"),
      policy: try row.decode("policy"))
  }
}
