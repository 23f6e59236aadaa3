public import ArgumentParser
import Contract
public import Model
import NIOHTTP1
import Policy

/// `regie capacity`: what there is, what is promised of it, and what still fits.
struct Capacity: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Voir la capacité : promise, libre, dans le temps. / See capacity: promised, free, over time.",
    discussion: """
      --fits compte combien d'environnements S, M, L et XL trouveraient encore une place, avec --data-class et --stage.
      --history montre les jours passés, et le jour où une ressource serait épuisée.
      """)

  @OptionGroup var options: ClientOptions

  @Option(name: .long, help: "D'une région. / Of one region.")
  var region: String?

  @Option(name: .long, help: "D'une zone, par son slug. / Of one zone, by its slug.")
  var zone: String?

  @Option(name: .long, help: "D'un cluster. / Of one cluster.")
  var cluster: String?

  @Option(name: .long, help: "D'une étape : dev, staging, integration, prod. / Of one stage.")
  var stage: String?

  @Flag(name: .long, help: "Ce qui tient encore. / What still fits.")
  var fits = false

  @Option(name: .long, help: "Avec --fits : la classe de données. / With --fits: the data class.")
  var dataClass: String?

  @Option(name: .long, help: "Avec --fits : l'organisation. / With --fits: the organisation.")
  var organisation: String?

  @Option(name: .long, help: "Avec --fits : répliques séparées, 1 à 8. / With --fits: replicas kept apart, 1 to 8.")
  var replicas: Int?

  @Option(
    name: .long,
    help: "Avec --fits : ministerial (par défaut) ou interministerial. / With --fits: ministerial or interministerial.")
  var audience: AudienceScope?

  @Option(
    name: .long,
    help: """
      Avec --fits : ce qui sépare les répliques : cluster, dataCenter (par défaut), zone, region. / With --fits: what \
      keeps replicas apart.
      """)
  var distinct: ProjectSpec.Topology?

  @Flag(name: .long, help: "Les jours passés, et la tendance. / Past days, and the trend.")
  var history = false

  @Option(name: .long, help: "Avec --history : combien de jours. / With --history: how many days.")
  var days: Int?

  @Option(name: .shortAndLong, help: "table, json ou yaml.")
  var output = OutputFormat.table

  func validate() throws {
    guard !(fits && history) else {
      throw ValidationError("--fits et --history ne vont pas ensemble / do not go together")
    }
    guard !fits || (dataClass != nil && stage != nil) else {
      throw ValidationError("--fits veut --data-class et --stage / wants --data-class and --stage")
    }
    guard
      fits
        || [dataClass, organisation, replicas.map(String.init), audience?.rawValue, distinct?.rawValue]
          .allSatisfy({ $0 == nil })
    else {
      throw ValidationError(
        "--data-class, --organisation, --replicas, --audience et --distinct ne vont qu'avec --fits / go with --fits only"
      )
    }
    guard !fits || (region == nil && zone == nil && cluster == nil) else {
      throw ValidationError("--fits compte partout : ni --region, ni --zone, ni --cluster / counts everywhere")
    }
    guard history || days == nil else {
      throw ValidationError("--days ne va qu'avec --history / goes with --history only")
    }
    guard !history || stage == nil else {
      throw ValidationError("--history ne distingue pas les étapes : pas de --stage / does not tell stages apart")
    }
  }

  func run() async throws {
    try await reporting {
      let client = try options.client()
      if fits {
        let answer: CapacityFitsView = try await client.send(.GET, path("/api/v1/capacity:fits", fitNames)).decode()
        return Console.print(try output.render(answer) ?? CapacityText.fits(answer, client.language))
      }
      let places = [("region", region), ("zone", zone), ("cluster", cluster)]
      if history {
        let names = places + [("days", days.map(String.init))]
        let answer: CapacityHistoryView = try await client.send(.GET, path("/api/v1/capacity/history", names)).decode()
        return Console.print(try output.render(answer) ?? CapacityText.history(answer, client.language))
      }
      let answer: CapacityReportView = try await client.send(
        .GET, path("/api/v1/capacity", places + [("stage", stage)])
      ).decode()
      Console.print(try output.render(answer) ?? CapacityText.report(answer, stage: stage, client.language))
    }
  }

  private var fitNames: [(String, String?)] {
    [
      ("dataClass", dataClass), ("stage", stage), ("organisation", organisation),
      ("audience", audience?.rawValue), ("replicas", replicas.map(String.init)), ("distinct", distinct?.rawValue),
    ]
  }

  private func path(_ path: String, _ names: [(String, String?)]) -> String {
    let query = names.compactMap { name, value in value.map { "\(name)=\(APIClient.part($0))" } }
    return query.isEmpty ? path : "\(path)?\(query.joined(separator: "&"))"
  }
}

extension AudienceScope: ExpressibleByArgument {}
extension ProjectSpec.Topology: ExpressibleByArgument {}
