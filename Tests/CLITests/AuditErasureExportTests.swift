import Contract
import Crypto
import Events
import Foundation
import NIOConcurrencyHelpers
import Testing
import Trail

@testable import CLI

/// `regie audit export` in the moment between an erasure of names and the seal of the entry that tells of it.
@Suite(.timeLimit(.minutes(2))) struct AuditErasureExportTests {
  /// A trail from which the names of the first four entries have gone, as the sixth tells.
  private static func erased() throws -> AuditFileSample {
    struct Body: Encodable { var detail: AuditErasure }
    var sample = AuditFileSample(6, anchored: [])
    let (at, day) = (sample.entries[5].at, Int64(86_400_000_000))
    for index in 0..<4 { sample.entries[index].at = Timestamp(microseconds: at.microseconds - 400 * day) }
    let erasure = AuditErasure(
      from: 1, to: 4, before: Timestamp(microseconds: at.microseconds - 365 * day), days: 365, names: 2, rewritten: [])
    sample.entries[5] = AuditEntry(
      id: 99, at: at, principal: AuditErasure.principal, action: AuditErasure.action, kind: AuditErasure.kind,
      name: AuditErasure.name, body: try BusCodec.encode(Body(detail: erasure)), digest: [])
    sample.seal()
    for index in 0..<4 where sample.entries[index].person != nil {
      sample.entries[index].person = nil
      sample.entries[index].erasedAt = at
    }
    return sample
  }

  /// A service whose sealer comes to the last entry after so many questions.
  private static func service(
    _ sample: AuditFileSample, sealedAfter count: Int
  ) -> @Sendable (StubService.Request) throws -> StubService.Answer {
    let asked = NIOLockedValueBox(0)
    return { request in
      guard request.path == "/api/v1/audit/chain" else {
        return try StubService.Answer(ListView(items: [AuditAnchorRecord](), next: nil))
      }
      let number = asked.withLockedValue { asked in
        asked += 1
        return asked
      }
      let isSealed = number > count
      let sealed = isSealed ? sample.entries : Array(sample.entries.dropLast())
      let query = URLComponents(string: "?\(request.query)")?.queryItems ?? []
      let after = query.first { $0.name == "after" }?.value.flatMap { Int($0) } ?? 0
      return try StubService.Answer(
        AuditChainView(
          items: sealed.dropFirst(after).map { AuditEntryView($0) }, position: sealed.last?.seal?.position ?? 0,
          link: sealed.last?.seal?.linkText ?? "", erasureWaits: isSealed ? nil : true))
    }
  }

  @Test func `what is exported while the entry that tells of an erasure waits for its seal has that entry`()
    async throws
  {
    let sample = try Self.erased()
    let whole = try sample.file()
    #expect(try AuditFileSample.verify(whole, keys: nil).sound)
    try await StubService.with(Self.service(sample, sealedAfter: 2)) { _, url in
      let printed = try await Run.regie("audit", "export", "--server", url)
      #expect(printed.code == 0 && Array(printed.output.utf8) == whole)
    }
  }

  @Test func `an export ends with words of its own where the entry is never sealed`() async throws {
    let sample = try Self.erased()
    try await StubService.with(Self.service(sample, sealedAfter: .max)) { _, url in
      let client = APIClient(server: url, language: .fr, credential: .key("secret"))
      var writer = AuditFileWriter(after: .origin) { _ in }
      do {
        _ = try await AuditExport.export(from: client, to: &writer, patience: .milliseconds(300))
        Issue.record("it should have waited in vain")
      } catch let error as ClientError {
        #expect(error.exitStatus == ExitStatus.unavailable)
        #expect(error.description.contains("waits for its seal"))
      }
      #expect(writer.isEmpty, "nothing is written of a page that does not tell all")
    }
  }
}
