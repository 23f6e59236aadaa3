import Contract
import Events
import Foundation
import Migration
import Model
import Testing

@testable import CLI

/// What others have written, as it reaches the terminal of whoever votes or decides on it.
@Suite(.timeLimit(.minutes(3)))
struct WrittenTextTests {
  /// Clears the line by ESC and by CSI, turns what follows, and has a line that looks like one of the program's.
  private static let written = "Oui\u{1B}[2K\u{9B}2K\u{202E}non\nratifié"
  private static let shown = "Oui\u{FFFD}[2K\u{FFFD}2K\u{FFFD}non\n    ratifié"
  private static let json = #""Oui\u001b[2K\u009b2K\u202enon\nratifié""#
  private static let id = "5a0f3c52-8f1e-4c59-9d6c-2f1b8a7e4c10"

  private static let proposal = """
    {"id": "\(id)", "kind": "version", "state": "withdrawn", "closing": false, "outdated": false, "base": 2,
     "author": "dtnum", "principal": "local", "createdAt": "2026-11-20T13:12:45.820461Z", "votes": [], "revision": 1,
     "asOf": "2026-11-20T13:12:45.820461Z", "digest": "", "motive": {"fr": \(json)}, "withdrawal": \(json)}
    """

  private static func isRuly(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy { $0 == "\n" || !PlainText.isUnruly($0) }
  }

  @Test func `a proposal's motive, and why it was withdrawn, turn no terminal and make no line of the program's`()
    throws
  {
    let view = try ModelJSON.decoder.decode(ProposalView.self, from: Data(Self.proposal.utf8))
    let told = ProposalText.render(view, language: .fr)
    #expect(told.contains(" : \(Self.shown)\n« \(Self.shown) »\n"), "\(told.debugDescription)")
  }

  @Test func `neither do the texts of moves and migrations`() throws {
    var move = try MigrateSamples.move()
    move.acceptedLoss = Self.written
    #expect(MoveText.render(move, language: .fr).contains(" : \(Self.shown)"))
    var migration = try MigrateSamples.migration(.running)
    migration.reason = Self.written
    for index in migration.acts.indices { migration.acts[index].reason = Self.written }
    let told = MigrationText.render(migration, language: .fr)
    #expect(told.contains("« \(Self.shown) »") && told.hasSuffix(" : \(Self.shown)"), "\(told.debugDescription)")
  }

  @Test(arguments: ["table", "json", "yaml"])
  func `what is printed holds nothing that a terminal obeys, and documents keep the exact text`(form: String)
    async throws
  {
    try await StubService.with { _ in
      StubService.Answer(Self.proposal)
    } _: { _, address in
      let run = try await Run.regie("policy", "show", Self.id, "-o", form, "--server", address)
      #expect(run.code == 0 && Self.isRuly(run.output), "\(run.output.debugDescription)")
      switch form {
      case "json":
        let view = try ModelJSON.decoder.decode(ProposalView.self, from: Data(run.output.utf8))
        #expect(view.motive?.fr == Self.written)
      case "yaml": #expect(run.output.contains(#"\e[2K\x9B2K\U0000202Enon\nratifié"#), "\(run.output)")
      default: #expect(run.output.contains("« \(Self.shown) »"))
      }
    }
  }

  @Test func `an error that says what others have written turns no terminal either`() async throws {
    let problem = Problem(
      status: 422, .invalid, title: "Refusé", detail: Self.written,
      errors: [FieldProblem(path: "spec.slug", message: "no", messageFR: "non", value: Self.written)])
    try await StubService.with({ _ in try StubService.Answer(problem) }) { _, address in
      let run = try await Run.regie("get", "zones", "--server", address)
      #expect(run.code == 1 && Self.isRuly(run.output), "\(run.output.debugDescription)")
      #expect(run.output.contains("Refusé : Oui\u{FFFD}[2K\u{FFFD}2K\u{FFFD}non"))
    }
  }

  @Test func `documents can be applied again, whatever stands in their texts`() throws {
    let name = "a\u{7F}\u{9B}\u{AD}\u{202E}\\\u{2066}\u{2028}\u{E0001}z\u{200D}"
    let resource = AnyResource.operator(Resource("dtnum", OperatorSpec(displayName: name)))
    let json = try #require(try OutputFormat.json.render(resource))
    #expect(Self.isRuly(json))
    #expect(try AnyResource.decode(json: Data(json.utf8)) == resource)
    let yaml = try #require(try OutputFormat.yaml.render(resource))
    #expect(Self.isRuly(yaml))
    #expect(try ResourceDocument.decode(yaml: yaml) == [resource])
  }
}
