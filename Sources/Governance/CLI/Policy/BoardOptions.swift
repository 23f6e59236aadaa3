import ArgumentParser
import Board
import Contract
import Crypto
import Events
import Foundation
import Model
import NIOHTTP1
import Trail

/// For whom somebody acts on the board, and how the answer is printed.
struct BoardOptions: ParsableArguments {
  @Option(name: .long, help: "Opérateur pour lequel vous agissez. / The operator you act for.")
  var `operator`: String?

  @Option(name: .shortAndLong, help: "table, json ou yaml.")
  var output = OutputFormat.table

  /// The part of an address that names the operator; empty where none is given.
  func query(_ parts: [(String, String?)] = []) -> String {
    let given = (parts + [("operator", `operator`)]).compactMap { name, value in
      value.map { "\(name)=\(APIClient.part($0))" }
    }
    return given.isEmpty ? "" : "?" + given.joined(separator: "&")
  }

  /// Prints a draft or proposal.
  func show(_ view: ProposalView, _ language: Language) throws {
    Console.print(try output.render(view) ?? ProposalText.render(view, language: language))
  }
}

/// Why something is proposed, and from when on it shall hold.
struct MotiveOptions: ParsableArguments {
  @Option(name: .long, help: "Le motif, en français. / Why, in French.")
  var motive: String

  @Option(name: .long, help: "Le motif, en anglais. / Why, in English.")
  var motiveEn: String?

  @Option(
    name: .long, help: "Quand il prend effet, en UTC ; dès sa ratification sinon. / When it takes effect, in UTC.")
  var effectiveAt: String?

  /// The body that puts a draft to the vote.
  func wish(for name: String?) throws -> ProposalWish {
    let moment = try effectiveAt.map { text in
      guard let moment = Timestamp(text) else {
        throw ValidationError("--effective-at \(text) : attendu / expected 2027-01-01T00:00:00Z")
      }
      return moment
    }
    return ProposalWish(motive: LocalizedText(fr: motive, en: motiveEn), effectiveAt: moment, operator: name)
  }
}

/// What the commands of the board ask of the service.
struct BoardClient: Sendable {
  let client: APIClient
  /// By which the service knows what is begun: one for all of a command, which can then be given again as a whole.
  var key = UUID().uuidString

  private static let path = "/api/v1/policy"

  /// Begins a draft; `file` may be nil where the service knows the text.
  func draft(_ file: String?, _ query: String) async throws -> ProposalView {
    try await change("drafts\(query)", try file.map { try Self.policy(in: $0) })
  }

  /// Writes a draft anew, over the revision that was read; over any where it is not said.
  func rewrite(
    _ id: String, _ file: String, _ query: String, over revision: Int64? = nil
  ) async throws -> ProposalView {
    try await write(
      .PUT, "drafts/\(APIClient.part(id))\(query)", try Self.policy(in: file),
      headers: [("if-match", revision.map { "\"\($0)\"" } ?? "*")])
  }

  func propose(_ id: String, _ wish: ProposalWish) async throws -> ProposalView {
    try await change("drafts/\(APIClient.part(id))/propose", try ModelJSON.encoder.encode(wish))
  }

  /// Begins a draft and puts it to the vote. One that is refused is nobody's to go on with: it is discarded.
  func proposeAtOnce(
    _ file: String?, _ board: BoardOptions, _ query: [(String, String?)], _ wish: ProposalWish
  ) async throws -> ProposalView {
    let id = try await begun(file, board.query(query)).id.uuidString
    do {
      return try await propose(id, wish)
    } catch let refusal as ClientError {
      guard case .refused(let problem, let language) = refusal, problem.status < 500 else { throw refusal }
      do {
        _ = try await client.send(.DELETE, "\(Self.path)/drafts/\(APIClient.part(id))\(board.query())")
      } catch {
        let draft = id.lowercased()
        Console.note(language == .fr ? "Le brouillon \(draft) est resté." : "The draft \(draft) is left.")
      }
      throw refusal
    }
  }

  /// Begins a draft that is proposed at once. Under the command's key an earlier run may have begun one that was refused
  /// and discarded, which nobody can propose any more: then another is begun, under the next key that follows from it.
  private func begun(_ file: String?, _ query: String) async throws -> ProposalView {
    let body = try file.map { try Self.policy(in: $0) }
    var earlier = 0
    while true {
      let answer = try await client.change("\(Self.path)/drafts\(query)", body: body, key: derivedKey(after: earlier))
      let draft: ProposalView = try answer.decode()
      // The stored answer tells of the draft as it was when it was begun.
      guard answer.headers.first(name: "idempotency-replayed") == "true",
        try await find(draft.id.uuidString).state == .discarded
      else { return draft }
      earlier += 1
    }
  }

  /// The key of a draft before which so many were discarded: the same in each run, and as long for each.
  private func derivedKey(after discarded: Int) -> String {
    guard discarded > 0 else { return key }
    return HexText.encode(Array(SHA256.hash(data: Array("\(key) \(discarded)".utf8))))
  }

  /// A request about the policy's life that has effect once, by its key.
  func change<Answer: Decodable>(_ path: String, _ body: Data? = nil) async throws -> Answer {
    try await client.change("\(Self.path)/\(path)", body: body, key: key).decode()
  }

  /// A request about the policy's life that writes what is there already.
  func write<Answer: Decodable>(
    _ method: HTTPMethod, _ path: String, _ body: Data? = nil, headers: [(String, String)] = []
  ) async throws -> Answer {
    try await client.send(method, "\(Self.path)/\(path)", body: body, headers: headers).decode()
  }

  func read<Answer: Decodable>(_ path: String) async throws -> Answer {
    try await client.send(.GET, "\(Self.path)/\(path)").decode()
  }

  /// A draft or a proposal: people need not know which of the two it is by now.
  func find(_ id: String) async throws -> ProposalView {
    do {
      return try await read("proposals/\(APIClient.part(id))")
    } catch ClientError.refused(let problem, _) where problem.status == 404 {
      return try await read("drafts/\(APIClient.part(id))")
    }
  }

  /// The one policy of a file, as JSON. What is wrong with its values is for the service to say: a draft may be so.
  static func policy(in path: String) throws -> Data {
    var policies: [AnyResource] = []
    for file in try ResourceFiles.expand(path) {
      do {
        let resources = try ResourceDocument.read(try ResourceFiles.data(of: file)).map(\.resource)
        policies += resources.filter { $0.kind == .policy }
      } catch let error as DocumentErrors {
        throw ClientError.invalidDocuments(error.problems.map { "\(file): \($0.descriptionFR)" })
      }
    }
    guard policies.count == 1, let policy = policies.first else {
      throw ValidationError("\(path) : une Policy est attendue, et une seule / one Policy is wanted, and only one")
    }
    return try ModelJSON.encoder.encode(policy)
  }
}
