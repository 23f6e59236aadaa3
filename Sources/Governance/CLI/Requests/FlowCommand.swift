import ArgumentParser
import Contract
import Foundation
import Model
import NIOHTTP1
import Requests

/// `regie flow …`.
struct FlowCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "flow",
    abstract: "Demander un flux réseau, l'ouvrir ou le rejeter. / Ask for a network flow, open or reject it.",
    subcommands: [
      FlowAsk.self, FlowOpen.self, FlowReject.self, FlowClose.self, FlowWithdraw.self, FlowList.self, FlowShow.self,
      FlowOverdue.self,
    ])
}

/// Which flow is meant, and how the answer is printed.
struct FlowOptions: ParsableArguments {
  @Argument(help: "Le flux. / The flow.")
  var id: String

  @Option(name: .shortAndLong, help: "table, json ou yaml.")
  var output = OutputFormat.table
}

/// Which flow is acted on, and under which key.
struct FlowActOptions: ParsableArguments {
  @OptionGroup var flow: FlowOptions
  @OptionGroup var key: KeyOption

  private var path: String { "/api/v1/flows/\(APIClient.part(flow.id))" }

  /// Acts on the flow, and prints what it has become.
  func act(_ name: String, _ body: some Encodable, _ options: ClientOptions) async throws {
    let client = try options.client()
    let view: FlowView = try await client.post("\(path)/\(name)", body, key: key.orNew)
    try flow.output.show(view, client.language)
  }

  /// Acts for an operator on the flow as it has seen it. Where it does not say which one that is, it is shown its ends and nothing is
  /// sent: what it has opened was perhaps another end.
  func act(_ act: FlowAct, reason: String? = nil, by speaker: FlowSpeaker, _ options: ClientOptions) async throws {
    let client = try options.client()
    guard let revision = speaker.revision else {
      let seen: FlowView = try await client.send(.GET, path).decode()
      Console.note(FlowText.concerned(by: act, in: seen, of: speaker.operator, language: client.language))
      throw ExitCode(ExitStatus.refused)
    }
    let view: FlowView = try await client.post(
      "\(path)/\(act.rawValue)", FlowActWish(operator: speaker.operator, reason: reason), key: key.orNew,
      headers: [("if-match", "\"\(revision)\"")])
    try flow.output.show(view, client.language)
  }
}

/// What an operator does with a flow.
enum FlowAct: String {
  case open, reject, close
}

/// The operator that is spoken for, and the flow as it has seen it.
struct FlowSpeaker: ParsableArguments {
  @Option(name: .long, help: "L'opérateur pour lequel vous parlez. / The operator you speak for.")
  var `operator`: String?

  @Option(
    name: .long,
    help: """
      La révision d'après laquelle vous avez agi ; sans elle, vos bouts sont montrés, et rien n'est envoyé. / The \
      revision that you went by; without it your ends are shown, and nothing is sent.
      """)
  var revision: Int64?
}

/// `regie flow request PROJECT ENVIRONMENT SYSTEM`.
struct FlowAsk: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "request", abstract: "Demander l'ouverture d'un flux. / Ask for a flow.",
    discussion: """
      SYSTEM : une interconnexion d'une région, ou un environnement que Régie a placé, projet/environnement.
      SYSTEM: an interconnection of a region, or an environment that Régie has placed, project/environment.
      """)

  @OptionGroup var options: ClientOptions

  @Argument(help: "Le projet. / The project.")
  var project: String

  @Argument(help: "L'environnement. / The environment.")
  var environment: String

  @Argument(help: "L'autre bout. / The other end.")
  var system: String

  @Option(name: .long, help: "Un port ; peut se répéter. / A port; may be repeated.")
  var port: [Int]

  @Flag(name: .long, help: "Vers l'environnement et non depuis lui. / Towards the environment instead of from it.")
  var inbound = false

  @Flag(name: .long, help: "UDP et non TCP. / UDP instead of TCP.")
  var udp = false

  @Option(name: .long, help: "Le motif. / Why.")
  var motive: String

  @OptionGroup var key: KeyOption

  @Option(name: .shortAndLong, help: "table, json ou yaml.")
  var output = OutputFormat.table

  func run() async throws {
    try await reporting {
      let client = try options.client()
      let wish = FlowWish(
        project: project, environment: environment, system: system, direction: inbound ? .inbound : .outbound,
        protocol: udp ? .udp : .tcp, ports: port, motive: motive)
      let view: FlowView = try await client.post("/api/v1/flows", wish, key: key.orNew)
      try output.show(view, client.language)
    }
  }
}

/// `regie flow list`.
struct FlowList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Lister les flux. / List the flows.")

  @OptionGroup var options: ClientOptions

  @Option(name: .long, help: "D'un projet. / Of one project.")
  var project: String?

  @Option(name: .long, help: "D'un opérateur. / Of one operator.")
  var `operator`: String?

  @Option(name: .long, help: "Dans un état. / In one state.")
  var state: String?

  @Option(name: .shortAndLong, help: "table, json ou yaml.")
  var output = OutputFormat.table

  func run() async throws {
    try await reporting {
      let client = try options.client()
      let views = try await client.flows([("project", project), ("operator", `operator`), ("state", state)])
      Console.print(try output.render(views) ?? FlowText.table(views))
    }
  }
}

/// `regie flow overdue`.
struct FlowOverdue: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "overdue", abstract: "Les flux dont le délai garanti est passé. / Flows beyond the guaranteed delay.")

  @OptionGroup var options: ClientOptions

  @Option(name: .long, help: "D'un opérateur. / Of one operator.")
  var `operator`: String?

  @Flag(help: "Seulement ceux dont le comité est saisi. / Only those that are before the board.")
  var escalated = false

  @Option(name: .shortAndLong, help: "table, json ou yaml.")
  var output = OutputFormat.table

  func run() async throws {
    try await reporting {
      let client = try options.client()
      let views = try await client.flows([(escalated ? "escalated" : "overdue", "true"), ("operator", `operator`)])
      Console.print(try output.render(views) ?? FlowText.overdue(views))
    }
  }
}

/// `regie flow show ID`.
struct FlowShow: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Montrer un flux, avec les tâches. / Show a flow, with the tasks.")

  @OptionGroup var options: ClientOptions
  @OptionGroup var flow: FlowOptions

  func run() async throws {
    try await reporting {
      let client = try options.client()
      let view: FlowView = try await client.send(.GET, "/api/v1/flows/\(APIClient.part(flow.id))").decode()
      try flow.output.show(view, client.language)
    }
  }
}

extension APIClient {
  /// All flows that are wanted.
  fileprivate func flows(_ parameters: [(String, String?)]) async throws -> [FlowView] {
    let query = parameters.compactMap { name, value in value.map { "\(name)=\(APIClient.part($0))" } }
    return try await all("/api/v1/flows\(query.isEmpty ? "" : "?" + query.joined(separator: "&"))")
  }
}

extension OutputFormat {
  /// Prints a flow.
  fileprivate func show(_ view: FlowView, _ language: Language) throws {
    Console.print(try render(view) ?? FlowText.render(view, language: language))
  }
}
