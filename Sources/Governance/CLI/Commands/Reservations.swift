import ArgumentParser
import Contract
import Foundation
import Model
import NIOHTTP1

/// `regie reserve PROJECT`.
struct Reserve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Réserver pour un temps les places d'un projet. / Hold a project's places for a time.",
    discussion: "Code de sortie 1 si rien n'est réservé. / Exit code 1 when nothing is reserved.")

  @OptionGroup var options: ClientOptions

  @OptionGroup var subject: ProjectSubject

  @Option(name: .long, help: "Durée en secondes, 1 à 86400. / For how many seconds.")
  var ttl: Int?

  @OptionGroup var key: KeyOption

  @Option(name: .shortAndLong, help: "table, json ou yaml.")
  var output = OutputFormat.table

  func run() async throws {
    try await reporting {
      let client = try options.client()
      let answer: ReservationAnswer = try await client.change(
        "/api/v1/reservations\(ttl.map { "?ttlSeconds=\($0)" } ?? "")", body: try subject.read().wishBody(),
        key: key.orNew
      ).decode()
      Console.print(try output.render(answer) ?? text(answer, client.language))
      if answer.reservation == nil { throw ExitCode(ExitStatus.refused) }
    }
  }

  private func text(_ answer: ReservationAnswer, _ language: Language) -> String {
    let race = RaceText.render(answer.decision, language: language).map { [$0] } ?? []
    let rest =
      answer.reservation.map { ReservationText.render($0, language: language) }
      ?? (answer.decision.placed
        ? (language == .fr ? "rien à réserver : tout est déjà placé" : "nothing to reserve: all is placed already")
        : ExplanationText.render(answer.explanation, language: language))
    return (race + [rest]).joined(separator: "\n")
  }
}

/// `regie confirm RESERVATION`.
struct Confirm: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Confirmer une réservation avec les identifiants de la console. / Confirm with the console's identifiers."
  )

  @OptionGroup var options: ClientOptions

  @Argument(help: "Identifiant de la réservation. / The reservation's identifier.")
  var reservation: String

  @Option(name: .long, help: "Identifiant du projet dans la console. / The project's identifier in the console.")
  var projectID: String

  @Option(name: .long, help: "ENVIRONNEMENT=UUID, pour chacun. / ENVIRONMENT=UUID, for each.")
  var environmentID: [String]

  @OptionGroup var key: KeyOption

  @Option(name: .shortAndLong, help: "table, json ou yaml.")
  var output = OutputFormat.table

  func validate() throws { _ = try confirmation() }

  func run() async throws {
    try await reporting {
      let client = try options.client()
      let view: ReservationView = try await client.change(
        "/api/v1/reservations/\(APIClient.part(reservation))/confirm",
        body: try JSONEncoder().encode(try confirmation()), key: key.orNew
      ).decode()
      Console.print(try output.render(view) ?? ReservationText.render(view, language: client.language))
    }
  }

  private func confirmation() throws -> ReservationConfirmation {
    guard let project = UUID(uuidString: projectID) else {
      throw ValidationError("--project-id \(projectID) : un UUID est attendu / a UUID is wanted")
    }
    let environments = try environmentID.map { text in
      let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2, let id = UUID(uuidString: parts[1]) else {
        throw ValidationError("--environment-id \(text) : attendu / expected ENVIRONMENT=UUID")
      }
      return (parts[0], id)
    }
    guard Set(environments.map(\.0)).count == environments.count else {
      throw ValidationError("--environment-id : chaque environnement une fois / each environment once")
    }
    return ReservationConfirmation(
      projectID: project, environmentIDs: Dictionary(uniqueKeysWithValues: environments))
  }
}

/// `regie cancel RESERVATION`.
struct Cancel: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Rendre une réservation. / Give a reservation up.")

  @OptionGroup var options: ClientOptions

  @Argument(help: "Identifiant de la réservation. / The reservation's identifier.")
  var reservation: String

  @OptionGroup var key: KeyOption

  @Option(name: .shortAndLong, help: "table, json ou yaml.")
  var output = OutputFormat.table

  func run() async throws {
    try await reporting {
      let client = try options.client()
      let view: ReservationView = try await client.change(
        "/api/v1/reservations/\(APIClient.part(reservation))/cancel", body: nil, key: key.orNew
      ).decode()
      Console.print(try output.render(view) ?? ReservationText.render(view, language: client.language))
    }
  }
}

/// A reservation for people.
enum ReservationText {
  static func render(_ view: ReservationView, language: Language) -> String {
    let until =
      view.state == .pending ? (language == .fr ? ", jusqu'au \(view.expiresAt)" : ", until \(view.expiresAt)") : ""
    var table = Table("ENVIRONMENT", "ZONE", "CLUSTER", "CPU", "MEMORY", "PLACEMENT")
    for place in view.places {
      table.add(
        place.replica == 0 ? place.environment : "\(place.environment)/\(place.replica)", place.zone, place.cluster,
        place.quota.cpu?.description ?? "-", place.quota.memory?.description ?? "-",
        place.placement.uuidString.lowercased())
    }
    return
      "\(view.id.uuidString.lowercased()): \(view.project), \(state(view.state, language))\(until)\n\(table.render())"
  }

  private static func state(_ state: ReservationView.State, _ language: Language) -> String {
    guard language == .fr else { return state.rawValue }
    return switch state {
    case .pending: "en attente de confirmation"
    case .confirmed: "confirmée"
    case .cancelled: "rendue"
    case .expired: "échue"
    }
  }
}
