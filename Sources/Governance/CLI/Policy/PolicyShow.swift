import ArgumentParser
import Board
import Contract
import Events
import Model

/// `regie policy show [ID]`.
struct PolicyShow: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Montrer un brouillon, une proposition ou une version. / Show a draft, a proposal or a version.",
    discussion: "Sans rien nommer : la version en vigueur. / Naming nothing: the version in force.")

  @OptionGroup var options: ClientOptions

  @Argument(help: "Un brouillon ou une proposition. / A draft or a proposal.")
  var id: String?

  @Option(name: .long, help: "Le numéro d'une version. / A version's number.")
  var version: Int64?

  @Option(name: .long, help: "Un moment, en UTC : la version d'alors. / A moment: the version of then.")
  var at: String?

  @Option(name: .shortAndLong, help: "table, json ou yaml.")
  var output = OutputFormat.table

  func validate() throws {
    guard [id != nil, version != nil, at != nil].count(where: { $0 }) <= 1 else {
      throw ValidationError("un seul d'entre eux / only one of them: ID, --version, --at")
    }
  }

  func run() async throws {
    try await reporting {
      let client = BoardClient(client: try options.client())
      let language = client.client.language
      if let id {
        let view = try await client.find(id)
        return Console.print(try output.render(view) ?? ProposalText.render(view, language: language))
      }
      let view: PolicyVersionView =
        if let version {
          try await client.read("versions/\(version)")
        } else {
          try await client.read("in-force\(at.map { "?at=\(APIClient.part($0))" } ?? "")")
        }
      Console.print(try output.render(view) ?? PolicyVersionText.render([view], language: language))
    }
  }
}

/// `regie policy list`.
struct PolicyList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Lister les propositions, ou les brouillons. / List proposals, or drafts.")

  @OptionGroup var options: ClientOptions

  @Flag(name: .long, help: "Les brouillons. / The drafts.")
  var drafts = false

  @Option(name: .shortAndLong, help: "table, json ou yaml.")
  var output = OutputFormat.table

  func run() async throws {
    try await reporting {
      let client = try options.client()
      let views: [ProposalView] = try await client.all("/api/v1/policy/\(drafts ? "drafts" : "proposals")")
      Console.print(try output.render(views) ?? ProposalText.table(views, language: client.language))
    }
  }
}

/// `regie policy history`.
struct PolicyHistory: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history", abstract: "Lister les versions de la politique. / List the versions of the policy.")

  @OptionGroup var options: ClientOptions

  @Option(name: .shortAndLong, help: "table, json ou yaml.")
  var output = OutputFormat.table

  func run() async throws {
    try await reporting {
      let client = try options.client()
      let views: [PolicyVersionView] = try await client.all("/api/v1/policy/versions")
      Console.print(try output.render(views) ?? PolicyVersionText.render(views, language: client.language))
    }
  }
}
