import ArgumentParser
import Contract
import Events
import Foundation
import Model
import NIOHTTP1
import Trail

/// `regie audit export`.
struct AuditExport: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract:
      "Tout le journal scellé, une ligne JSON par entrée. / The whole sealed trail, a line of JSON for each entry.",
    discussion: """
      Dans l'ordre de la chaîne, avec les ancres publiées ; la dernière ligne dit ce qui a été exporté. Avec --file, un
      export interrompu, ou d'hier, est continué où il s'arrête. « regie audit verify FICHIER » le vérifie sans serveur. / In
      the chain's order, with the anchors; the last line says what was exported. With --file, an export that was broken
      off, or is yesterday's, goes on where it ends. regie audit verify FILE verifies it without a server.
      """)

  @OptionGroup var options: ClientOptions

  @Option(name: .long, help: "Fichier à écrire ou à continuer ; la sortie standard sinon. / File to write or continue.")
  var file: String?

  @Option(name: .long, help: "Position après laquelle commencer. / Position after which to begin.")
  var after: Int64 = 0

  func validate() throws {
    guard after >= 0 else { throw ValidationError("--after \(after) : 0 ou plus / 0 or more") }
    guard after == 0 || file == nil else {
      throw ValidationError(
        "--after ou --file : un fichier dit lui-même où il s'arrête / a file says itself where it ends")
    }
  }

  func run() async throws {
    try await reporting {
      let client = try options.client()
      guard let file else {
        let start = AuditHead(position: after, link: AuditChain.origin)
        var writer = AuditFileWriter(after: start) { try FileHandle.standardOutput.write(contentsOf: $0) }
        _ = try await Self.export(from: client, to: &writer)
        return
      }
      let opened = try AuditExportFile.open(file)
      defer { try? opened.handle.close() }
      var writer = opened.writer
      let end = try await Self.export(from: client, to: &writer)
      try opened.handle.synchronize()
      let french = Counted.fr(end.count, "entrée", "entrées")
      let english = Counted.en(end.count, "entry", "entries")
      Console.note("\(file) : \(french), positions \(end.from) à \(end.to) / \(english), up to \(end.to)")
    }
  }

  /// Entries in a page; some hold whole policies.
  private static let page = 200

  /// Writes what comes after the writer's head, up to where the chain ends now.
  ///
  /// - Parameter patience: how long it waits for the seal of what tells of names that have gone.
  static func export(
    from client: APIClient, to writer: inout AuditFileWriter, patience: Duration = .seconds(30)
  ) async throws -> AuditFileEnd {
    // First the anchors: none is then of an entry that is beyond the end, unless the end was cut off.
    let records: [AuditAnchorRecord] = try await client.all("/api/v1/audit/anchors?limit=1000")
    let anchors = Dictionary(grouping: records) { (try? $0.anchor(verifier: nil).position) ?? 0 }
    try anchor(writer.head.position, anchors, &writer)
    var end: Int64?
    while end.map({ writer.head.position < $0 }) ?? true {
      let answer = try await read(after: writer.head.position, from: client, patience)
      // Of names that have gone meanwhile the entry that tells of it is wanted as well.
      let isErased = answer.items.contains { $0.erasedAt != nil }
      end = isErased ? max(end ?? 0, answer.position) : end ?? answer.position
      let left = answer.items.filter { item in item.seal.map { $0.position <= end ?? 0 } ?? false }
      if left.isEmpty, let end, writer.head.position < end {
        throw ClientError.unreadable("audit/chain: \(writer.head.position)…\(end)")
      }
      for view in left {
        guard let seal = view.entry?.seal, writer.isFollowed(by: seal) else {
          throw ClientError.notContinued(after: writer.head.position)
        }
        try writer.append(.entry(view))
        try anchor(seal.position, anchors, &writer)
      }
    }
    try anchorBeyond(anchors, &writer)
    return try writer.finish()
  }

  /// A page of the chain, where all is told in it of the names that are gone from the page: a moment after an erasure
  /// the entry that tells of it has no place yet, and a file without it would not be sound.
  private static func read(
    after position: Int64, from client: APIClient, _ patience: Duration
  ) async throws -> AuditChainView {
    let deadline = ContinuousClock.now + patience
    while true {
      let answer: AuditChainView = try await client.send(
        .GET, "/api/v1/audit/chain?after=\(position)&limit=\(page)"
      ).decode()
      guard answer.erasureWaits == true, answer.items.contains(where: { $0.erasedAt != nil }) else { return answer }
      guard ContinuousClock.now < deadline else { throw ClientError.erasureUnsealed }
      try await Task.sleep(for: .milliseconds(200))
    }
  }

  /// Anchors of entries that are gone, and what can not be read as an anchor: whoever verifies the file is to see them.
  private static func anchorBeyond(_ anchors: [Int64: [AuditAnchorRecord]], _ writer: inout AuditFileWriter) throws {
    let beyond = anchors.keys.filter { $0 < 1 || $0 > writer.head.position }.sorted()
    for record in beyond.flatMap({ anchors[$0] ?? [] }) where writer.wants(record) {
      try writer.append(.anchor(record))
    }
    if let last = beyond.last {
      Console.note(
        "regie: l'ancre de la position \(last) n'a pas d'entrée : le journal finit à \(writer.head.position) / "
          + "the anchor of position \(last) has no entry: the trail ends at \(writer.head.position)")
    }
  }

  private static func anchor(
    _ position: Int64, _ anchors: [Int64: [AuditAnchorRecord]], _ writer: inout AuditFileWriter
  ) throws {
    guard position > 0, !writer.isEmpty else { return }
    for record in anchors[position] ?? [] where writer.wants(record) { try writer.append(.anchor(record)) }
  }
}
