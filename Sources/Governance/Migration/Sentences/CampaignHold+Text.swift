import Foundation
public import Model

extension CampaignHold {
  /// One word for it, for programs.
  public var name: String {
    switch self {
    case .approvals: "approvals"
    case .halted: "halted"
    case .elsewhere: "elsewhere"
    case .dependencyLost: "dependencyLost"
    case .wave: "wave"
    case .waveDay: "waveDay"
    case .dependency: "dependency"
    case .room: "room"
    case .blackout: "blackout"
    case .perDay: "perDay"
    case .inFlight: "inFlight"
    case .operator: "operator"
    case .production: "production"
    }
  }

  /// Why it does not begin, as a sentence.
  public var sentence: LocalizedText {
    switch self {
    case .approvals:
      LocalizedText(fr: "Tous n’ont pas donné leur accord.", en: "Not everybody has agreed.")
    case .halted:
      LocalizedText(
        fr: "Il est en pause, ou quelque chose lui fait obstacle.", en: "It is paused, or something stands in its way.")
    case .elsewhere(let move):
      LocalizedText(
        fr: "Une autre migration déplace ce placement (\(Self.name(move))).",
        en: "Another migration moves this placement (\(Self.name(move))).")
    case .dependencyLost(let move):
      LocalizedText(
        fr: "Ce dont il dépend (\(Self.name(move))) ne se fera pas : il faut le retirer.",
        en: "What it depends on (\(Self.name(move))) will not be moved: it has to be withdrawn.")
    case .wave(let number):
      LocalizedText(fr: "La vague \(number) n’est pas finie.", en: "Wave \(number) is not done.")
    case .waveDay(let day):
      LocalizedText(fr: "Sa vague n’ouvre pas avant le \(day).", en: "Its wave does not open before \(day).")
    case .dependency(let move):
      LocalizedText(
        fr: "Ce dont il dépend (\(Self.name(move))) n’est pas encore vérifié.",
        en: "What it depends on (\(Self.name(move))) is not verified yet.")
    case .room(let move):
      LocalizedText(
        fr:
          "Là où il va, il n’y a pas de place pour lui avant qu’un autre déplacement (\(Self.name(move))) n’en ait libéré.",
        en: "Where it goes to there is no room for it before another move (\(Self.name(move))) has left some.")
    case .blackout(let day):
      LocalizedText(
        fr: "Une période de gel dure jusqu’au \(day) compris.", en: "It is left alone up to and including \(day).")
    case .perDay(let number):
      LocalizedText(
        fr: "Ce qui peut commencer en un jour (\(number)) a commencé.",
        en: "As many moves as may begin on a day (\(number)) have begun.")
    case .inFlight(let number):
      LocalizedText(
        fr: "Les déplacements en cours sont au nombre permis (\(number)).",
        en: "As many moves are under way as may be (\(number)).")
    case .operator(let name):
      LocalizedText(
        fr: "L’opérateur « \(name) » a autant de déplacements en cours qu’il est permis.",
        en: "The operator “\(name)” has as many moves under way as may be.")
    case .production(let project):
      LocalizedText(
        fr: "Le projet « \(project) » a autant de production en cours de déplacement qu’il est permis.",
        en: "The project “\(project)” has as much of its production under way as may be.")
    }
  }

  private static func name(_ move: UUID) -> String { move.uuidString.lowercased() }
}
