public import Events
import Foundation
import Model
import Placement
import Policy
import Postgres

extension GovernanceStore {
  /// The public document as things stand: from memory where that is kept true, else from the database; and while that is away,
  /// or too many ask it, the document that was known last.
  ///
  /// - Throws: ``StoreError`` of kind `contended` where too many ask and none is known.
  public func currentOffer() async throws -> PublishedOffer {
    do {
      if let prepared = world.snapshot?.prepared { return try await offer(of: prepared) }
      // Where nothing is heard from the database nobody waits for others: what was known last is at hand.
      if let deadline = deadlineWhileCutOff {
        return try await publicReads.run(waits: false) { try await storedOffer(deadline: deadline) }
      }
      return try await publicReads.run { try await storedOffer() }
    } catch let error where error is PostgresError || error as? StoreError == StoreError.crowded {
      guard var known = try await lastKnownOffer() else { throw error }
      known.isStale = true
      return known
    }
  }

  /// The document of what is stored: memory hears of a commit a moment later, and by a connection of its own.
  private func storedOffer(deadline: ContinuousClock.Instant? = nil) async throws -> PublishedOffer {
    let rows = try await pool.withConnection(deadline: deadline) { try await $0.query(Self.selectOfferKey) }
    if let known = published.find(try PublishedOfferCache.Key(row: rows.only)) { return known }
    return try await pool.withTransaction(isolation: .repeatableRead, readOnly: true, deadline: deadline) {
      try await readOffer(in: $0).offer
    }
  }

  private func offer(of prepared: PreparedOffer) async throws -> PublishedOffer {
    let key = PublishedOfferCache.Key(prepared)
    if let known = published.find(key) { return known }
    let made = try await LongWork.answer {
      try PublishedOffer(prepared.offer, prepared.engine.policy.spec, version: prepared.policyVersion)
    }
    published.keep(made, as: key)
    return made
  }

  /// What memory had last, or what was made of the database since; nil where neither knows one.
  private func lastKnownOffer() async throws -> PublishedOffer? {
    let kept = published.last
    guard let prepared = try world.views(of: [], stale: true)?.snapshot.prepared else { return kept?.offer }
    if let kept, kept.key.isNewer(than: PublishedOfferCache.Key(prepared)) { return kept.offer }
    do {
      return try await offer(of: prepared)
    } catch let error as StoreError where error == StoreError.crowded {
      guard let kept else { throw error }
      return kept.offer
    }
  }

  /// The document that was current at a moment; nil before the first. One of an earlier form is told without the names that the
  /// present one withholds, and not at all where it can not be read any more.
  ///
  /// - Throws: ``StoreError`` of kind `contended` where too many ask.
  public func offer(publishedAt moment: Timestamp) async throws -> PublishedOffer? {
    let rows = try await publicReads.run {
      try await pool.withConnection {
        try await $0.query(
          """
          SELECT digest, document, policy_version, \(Self.formOfDocument) AS form FROM offer_documents
          WHERE published_at <= \(moment.date) ORDER BY id DESC LIMIT 1
          """)
      }
    }
    guard let row = rows.first else { return nil }
    let stored = PublishedOffer(
      bytes: Array(try row.decode(String.self, "document").utf8), digest: try row.decode("digest"),
      policyVersion: try row.decode("policy_version"))
    guard try row.decode(Int64.self, "form") < PublicOffer.currentForm else { return stored }
    return try await LongWork.answer { try stored.withholding() }
  }

  /// When the public document became another one, the latest first.
  ///
  /// - Throws: ``StoreError`` of kind `contended` where too many ask.
  public func offerPublications(limit: Int = 100, cursor: String? = nil) async throws -> Page<OfferPublication> {
    try Cursor.check(limit: limit)
    let before = try Cursor.decode(cursor, as: Int64.self) ?? .max
    let rows = try await publicReads.run {
      try await pool.withConnection {
        try await $0.query(
          """
          SELECT id, digest, policy_version, published_at FROM offer_documents WHERE id < \(before)
          ORDER BY id DESC LIMIT \(limit + 1)
          """)
      }
    }
    return try Page(rows.map(OfferPublication.init), limit: limit, key: \.number)
  }

  /// Writes the public document down where its meaning has become another one, whichever instance comes first, and with it
  /// what the bus is to tell of that.
  ///
  /// It goes by what is stored. Whoever calls this was told of a commit that memory may not have heard of yet: by that nothing
  /// would seem to have changed, and nobody would look again for a while. While instances are replaced one by one,
  /// those that know the newer form alone write: by turns each would find the other's document a change.
  ///
  /// - Returns: whether it has.
  public func publishOffer() async throws -> Bool {
    let current = try await storedOffer()
    let rows = try await pool.withConnection { try await $0.query(Self.selectLatestDocument) }
    let known = try rows.first.map(LatestDocument.init)
    guard known?.isOfNewerForm != true, known?.isTold(current.digest) != true else { return false }
    // Looked at again in the order in which they are written: what is read under the lock is not older than what others
    // have written under it.
    return try await pool.withTransaction { connection in
      let answers = try await connection.pipeline([
        StoreLocks.takePublication(), Self.selectLatestDocument,
      ])
      let latest = try answers[1].first.map(LatestDocument.init)
      let (present, isOfOneMoment) = try await readOffer(in: connection)
      // What has come in between has rung as well, and is written down then.
      guard isOfOneMoment, latest?.isOfNewerForm != true, latest?.isTold(present.digest) != true else {
        return false
      }
      guard let latest, latest.digest == present.digest else {
        let written = try await connection.query(
          """
          INSERT INTO offer_documents (digest, document, policy_version)
          VALUES (\(present.digest), \(String(decoding: present.bytes, as: UTF8.self)), \(present.policyVersion))
          RETURNING id, digest, policy_version, published_at, \(Self.formOfDocument) AS form, false AS told
          """)
        try await tell(of: LatestDocument(row: written.only), in: connection)
        return true
      }
      // A program that did not tell yet has written it.
      try await tell(of: latest, in: connection)
      return false
    }
  }

  /// A row of the document's history, and whether the bus is told of it.
  private struct LatestDocument {
    var publication: OfferPublication
    var form: Int64
    var isTold: Bool

    /// Whether a newer program than this has written it.
    var isOfNewerForm: Bool { form > PublicOffer.currentForm }

    var digest: String { publication.digest }

    func isTold(_ digest: String) -> Bool { isTold && self.digest == digest }

    init(row: PostgresRow) throws {
      publication = try OfferPublication(row: row)
      form = try row.decode("form")
      isTold = try row.decode("told")
    }
  }

  private func tell(of latest: LatestDocument, in connection: PostgresConnection) async throws {
    let publication = latest.publication
    let writer = try await FactWriter(at: publication.publishedAt, mint: mint, in: connection)
    try await connection.execute(
      writer.insert([
        OfferFact(
          epoch: writer.epoch, revision: publication.number, digest: publication.digest,
          policyVersion: publication.policyVersion, publishedAt: publication.publishedAt)
      ]))
  }

  private static let formOfDocument: PostgresQuery = "coalesce((document::jsonb ->> 'form')::bigint, 0)"

  private static let selectLatestDocument: PostgresQuery = """
    SELECT id, digest, policy_version, published_at, \(formOfDocument) AS form, EXISTS (
      SELECT FROM public_facts f WHERE f.key = 'offer/current' AND f.revision = d.id) AS told
    FROM offer_documents d ORDER BY id DESC LIMIT 1
    """

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
    let read = try await offerRows.resources(
      answers[1], epoch: key.epoch, life: key.life, offerVersion: key.offer, in: connection)
    let row = answers[2].first
    let policy = try row?.decode(PostgresJSON.self, "document").model(PolicySpec.self)
    let version = try row?.decode(Int64.self, "version")
    // Each statement sees what was committed by its own beginning: another look shows whether all are of one moment.
    let after = try await PublishedOfferCache.Key(row: connection.query(Self.selectOfferKey).only)
    let made = try await LongWork.answer {
      try PublishedOffer(read.offer(), policy, version: version)
    }
    guard after == key, key.policy == version else { return (made, false) }
    published.keep(made, as: key)
    return (made, true)
  }
}

extension PublishedOffer {
  /// The document of an offer and a policy.
  init(_ offer: Offer, _ policy: PolicySpec?, version: Int64?) throws {
    try self.init(PublicOffer(offer, policy), version: version)
  }

  private init(_ document: PublicOffer, version: Int64?) throws {
    self.init(
      bytes: [UInt8](try ModelJSON.encoder.encode(document)),
      digest: Digest.hexadecimal(Digest.sha256([UInt8](try document.meaning()))), policyVersion: version)
  }

  /// The same without the names that are withheld by now, under the tag of what it says then; nil where it can not be read.
  fileprivate func withholding() throws -> PublishedOffer? {
    let bare: PublicOffer?
    do {
      bare = try PublicOffer.withholding(Data(bytes))
    } catch is DecodingError {
      return nil
    }
    guard let bare else { return self }
    return try PublishedOffer(bare, version: policyVersion)
  }
}

extension OfferPublication {
  fileprivate init(row: PostgresRow) throws {
    self.init(
      number: try row.decode("id"), digest: try row.decode("digest"), policyVersion: try row.decode("policy_version"),
      publishedAt: Timestamp(try row.decode(Date.self, "published_at")))
  }
}

extension PublishedOfferCache.Key {
  fileprivate init(_ prepared: PreparedOffer) {
    self.init(
      epoch: prepared.key.epoch, life: prepared.key.life, offer: prepared.offerVersion, policy: prepared.policyVersion)
  }

  fileprivate init(row: PostgresRow) throws {
    self.init(
      epoch: try row.decode("epoch"), life: try row.decode("life"), offer: try row.decode("version"),
      policy: try row.decode("policy"))
  }
}
