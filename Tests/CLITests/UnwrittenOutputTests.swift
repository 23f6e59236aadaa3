import Contract
import Foundation
import Testing

@testable import CLI

/// What was asked for and can not be printed is lost, a secret that is shown once for good: it is told.
@Suite(.timeLimit(.minutes(3)))
struct UnwrittenOutputTests {
  private static func answer(_ request: StubService.Request) throws -> StubService.Answer {
    guard request.method == "POST" else { return .init(#"{"items": []}"#) }
    let key = APIKeyView(
      id: "0123456789abcdef", name: "n", roles: ["console"], readOnly: false, state: .active, createdBy: "local",
      createdAt: Samples.at, expiresAt: Samples.at)
    return try .init(NewAPIKeyView(secret: "rgk_0123456789abcdef_x", key: key), status: 201)
  }

  @Test(arguments: ["key create n --role console", "key create n --role console -o json", "get zones -o yaml"])
  func `an answer that can not be written ends with 74, and says why`(command: String) async throws {
    try await StubService.with(Self.answer) { _, url in
      let run = try await Run.shell(#"exec "$0" \#(command) --server '\#(url)' > /dev/full"#)
      #expect(run.code == ExitStatus.unwritten && run.output.contains("No space left on device"), "\(run)")
    }
  }

  @Test func `a reader that has gone is no reason to fail`() async throws {
    try await withFolder { folder in
      try await StubService.with(Self.answer) { stub, url in
        // A pipe with nobody at its other end.
        let pipe = #"mkfifo '\#(folder)/p' && exec 3<>'\#(folder)/p' 4>'\#(folder)/p' 3<&-"#
        let run = try await Run.shell(#"\#(pipe) && exec "$0" get zones -o yaml --server '\#(url)' >&4"#)
        #expect(run.code == 0 && run.output == "", "\(run)")
        #expect(stub.requests.count == 1)
      }
    }
  }
}
