import Contract
import Events
import Foundation
import Model
import NIOConcurrencyHelpers
import Testing
import Trail

@testable import CLI

/// `regie audit export` and `regie audit verify FILE`, as one runs them.
@Suite(.timeLimit(.minutes(2))) struct AuditExportTests {
  /// A service with a trail that may grow, and its anchors.
  private static func service(
    _ trail: NIOLockedValueBox<AuditFileSample>, page: Int = 2, lost: [AuditAnchorRecord] = []
  ) -> @Sendable (StubService.Request) throws -> StubService.Answer {
    { request in
      let sample = trail.withLockedValue { $0 }
      if request.path == "/api/v1/audit/anchors" {
        let anchors = try sample.entries.filter { entry in
          entry.seal.map { sample.anchored.contains($0.position) } ?? false
        }
        .map { try sample.anchor($0) }
        return try StubService.Answer(ListView(items: anchors + lost, next: nil))
      }
      let query = URLComponents(string: "?\(request.query)")?.queryItems ?? []
      let after = query.first { $0.name == "after" }?.value.flatMap { Int($0) } ?? 0
      let last = sample.entries.last?.seal
      return try StubService.Answer(
        AuditChainView(
          items: sample.entries.dropFirst(after).prefix(page).map { AuditEntryView($0) }, position: last?.position ?? 0,
          link: last?.linkText ?? HexText.encode(AuditChain.origin)))
    }
  }

  private static func keys(in folder: String) throws -> String {
    let path = "\(folder)/keys.json"
    try JSONEncoder().encode(JSONWebKeySet([AuditFileSample.signer.publicKey])).write(to: URL(filePath: path))
    return path
  }

  @Test func `what is exported in pages is what was sealed, and verifies where nobody can be asked`() async throws {
    let sample = AuditFileSample(5, anchored: [2, 5])
    try await withFolder { folder in
      let file = "\(folder)/trail.ndjson"
      try await StubService.with(Self.service(NIOLockedValueBox(sample))) { stub, url in
        let printed = try await Run.regie("audit", "export", "--server", url)
        let whole = try sample.file()
        #expect(printed.code == 0 && Array(printed.output.utf8) == whole)
        let written = try await Run.regie("audit", "export", "--file", file, "--server", url)
        #expect(written.code == 0 && written.output.contains("5 entries"))
        let part = try await Run.regie("audit", "export", "--after", "3", "--server", url)
        #expect(Array(part.output.utf8) == (try AuditFileSample.file(Array(try sample.lines().dropFirst(4)), from: 4)))
        #expect(stub.requests.filter { $0.path == "/api/v1/audit/chain" }.map(\.query).contains("after=2&limit=200"))
      }
      #expect(try [UInt8](Data(contentsOf: URL(filePath: file))) == (try sample.file()))
      let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? NSNumber
      #expect(mode?.intValue == 0o600)

      let nobody = ["REGIE_SERVER": "http://127.0.0.1:9"]
      let sound = try await Run.regie(
        "audit", "verify", file, "--keys", try Self.keys(in: folder), "--lang", "en", environment: nobody)
      #expect(sound.code == 0 && sound.lines.first == "The export is sound.", "\(sound.output)")
      let json = try await Run.regie("audit", "verify", file, "-o", "json", environment: nobody)
      let verification = try ModelJSON.decoder.decode(AuditFileVerification.self, from: Data(json.output.utf8))
      #expect(json.code == 0 && verification.sound && verification.entries == 5)

      var text = try String(contentsOfFile: file, encoding: .utf8)
      text = text.replacingOccurrences(of: #""name":"p5""#, with: #""name":"p6""#)
      try Data(text.utf8).write(to: URL(filePath: file))
      let broken = try await Run.regie("audit", "verify", file, environment: nobody)
      #expect(broken.code == 1 && broken.output.contains("d'abord à la position 3 (entrée 5)"), "\(broken.output)")
      let missing = try await Run.regie("audit", "verify", "\(folder)/none", environment: nobody)
      #expect(missing.code == 2)
      let keyless = try await Run.regie("audit", "verify", file, "--keys", file, environment: nobody)
      #expect(keyless.code == 2)
    }
  }

  /// Broken off at any byte; continued once the trail has grown.
  @Test func `an export goes on where it was broken off, and is the same as one made at once`() async throws {
    let trail = NIOLockedValueBox(AuditFileSample(4, anchored: [2, 4]))
    try await withFolder { folder in
      let file = "\(folder)/trail.ndjson"
      try await StubService.with(Self.service(trail)) { _, url in
        let first = try trail.withLockedValue { try $0.file() }
        for length in [0, 1, first.count / 3, first.count / 2, first.count - 1, first.count] {
          trail.withLockedValue { $0 = AuditFileSample(7, anchored: [2, 4, 7]) }
          try Data(first.prefix(length)).write(to: URL(filePath: file))
          let run = try await Run.regie("audit", "export", "--file", file, "--server", url)
          #expect(run.code == 0, "\(length): \(run.output)")
          let whole = try trail.withLockedValue { try $0.file() }
          #expect(try [UInt8](Data(contentsOf: URL(filePath: file))) == whole, "\(length) bytes")
        }
      }
    }
  }

  @Test func `an anchor of entries that are gone goes along, and is found`() async throws {
    var whole = AuditFileSample(7, anchored: [])
    // Of another day, as each has one.
    whole.entries[6].at = Timestamp(microseconds: whole.entries[6].at.microseconds + 86_400_000_000)
    let lost = [
      try whole.anchor(whole.entries[5]), try whole.anchor(whole.entries[6]),
      AuditAnchorRecord(key: "audit/2026-01-01", headers: [], payload: "{}"),
    ]
    for count in [4, 0] {
      let trail = NIOLockedValueBox(AuditFileSample(count, anchored: count == 0 ? [] : [2]))
      try await withFolder { folder in
        let file = "\(folder)/trail.ndjson"
        try await StubService.with(Self.service(trail, lost: lost)) { _, url in
          // Again, too: it is the same file.
          for _ in 0..<2 {
            let run = try await Run.regie("audit", "export", "--file", file, "--server", url)
            #expect(run.code == 0 && run.output.contains("position 7"), "\(run.output)")
            let text = try String(contentsOfFile: file, encoding: .utf8)
            #expect(text.split(separator: "\n").count == count + (count == 0 ? 0 : 1) + lost.count + 1)
          }
        }
        let run = try await Run.regie("audit", "verify", file, "-o", "json", "--keys", try Self.keys(in: folder))
        let found = try ModelJSON.decoder.decode(AuditFileVerification.self, from: Data(run.output.utf8))
        #expect(run.code == 1 && found.findings.filter { $0.kind == "anchor" }.count == 3, "\(found.findings)")
        #expect(found.findings.contains { $0.message.contains("7") })
      }
    }
  }

  @Test func `a file of another trail, or of something else, is left as it is`() async throws {
    var other = AuditFileSample(3, anchored: [])
    other.entries[0].name = "other"
    other.seal()
    let theirs = try other.file()
    try await withFolder { folder in
      let file = "\(folder)/trail.ndjson"
      try await StubService.with(Self.service(NIOLockedValueBox(AuditFileSample(6, anchored: [])))) { _, url in
        try Data(theirs).write(to: URL(filePath: file))
        let refused = try await Run.regie("audit", "export", "--file", file, "--server", url)
        #expect(refused.code == 1 && refused.output.contains("3"), "\(refused.output)")
        #expect(try [UInt8](Data(contentsOf: URL(filePath: file))) == theirs)
        try Data("apiVersion: regie\nkind: Project\n".utf8).write(to: URL(filePath: file))
        let strange = try await Run.regie("audit", "export", "--file", file, "--server", url)
        #expect(strange.code != 0)
        #expect(try String(contentsOfFile: file, encoding: .utf8) == "apiVersion: regie\nkind: Project\n")
      }
    }
  }

  /// As `kcat -C -t regie.events -J` prints them, among records of other kinds.
  @Test func `anchors that somebody has read from the bus are compared`() async throws {
    var sample = AuditFileSample(4, anchored: [])
    let anchor = try sample.anchor(sample.entries[1])
    try await withFolder { folder in
      let (file, anchors) = ("\(folder)/trail.ndjson", "\(folder)/anchors.json")
      func record(_ anchor: AuditAnchorRecord) throws -> String {
        let json = String(decoding: try ModelJSON.encoder.encode(anchor), as: UTF8.self)
        return #"{"topic":"regie.events","partition":0,"offset":7,"# + json.dropFirst()
      }
      let others =
        #"{"topic":"regie.events","key":"x","headers":["ce_type","other"],"payload":"{}"}"# + "\n"
        + #"{"topic":"regie.events","key":"audit/2026-01-01","payload":null}"# + "\n"
      try Data((others + (try record(anchor)) + "\n").utf8).write(to: URL(filePath: anchors))
      func verify() async throws -> Run {
        try Data(try sample.file()).write(to: URL(filePath: file))
        return try await Run.regie(
          "audit", "verify", file, "--anchors", anchors, "--keys", try Self.keys(in: folder), "--lang", "en")
      }
      let sound = try await verify()
      #expect(sound.code == 0 && sound.output.contains("anchors that agree: 1, up to position 2"), "\(sound.output)")
      sample.entries[0].name = "other"
      sample.seal()
      let anew = try await verify()
      #expect(anew.code == 1 && anew.output.contains("first at position 2"), "\(anew.output)")
      // One that governance has not signed is not taken for one that was compared.
      let forged = try sample.anchor(sample.entries[1], by: AuditFileSample.forger)
      try Data((try record(forged) + "\n").utf8).write(to: URL(filePath: anchors))
      #expect(try await verify().code == 2)
      try Data("x\n".utf8).write(to: URL(filePath: anchors))
      #expect(try await verify().code == 2)
    }
  }
}
