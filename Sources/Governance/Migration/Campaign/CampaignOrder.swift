import Foundation

/// What of a campaign has to wait for what: its waves, and what depends on what.
struct CampaignOrder {
  /// The first wave that something is left to do of, which is open; those after it are not. Nil where nothing holds any up.
  private(set) var openWave: Int?
  private let moves: [CampaignMove]
  /// By identifier, the place in `moves`; empty where nothing depends on anything.
  private let places: [UUID: Int]
  /// By place; empty where nothing depends on anything.
  private var courses: [Course] = []

  /// Whether a move that has not begun can be waited for.
  private enum Course {
    case unknown
    /// Something that it waits for is looked at.
    case asked
    /// It goes on, or begins when its turn comes.
    case open
    /// What it waits for does not go on, and so nothing waits for it.
    case aside
  }

  init(_ moves: [CampaignMove]) {
    self.moves = moves
    // Moves are large: they are looked at where they are, and neither copied nor read by key paths.
    let isPlain = moves.allSatisfy { $0.dependencies.isEmpty }
    var places: [UUID: Int] = [:]
    if !isPlain { for place in moves.indices { places[moves[place].id] = place } }
    self.places = places
    if !isPlain {
      courses = Array(repeating: .unknown, count: moves.count)
      for place in moves.indices { settle(place) }
    }
    for place in moves.indices where !moves[place].isSettled && (isPlain || courses[place] != .aside) {
      openWave = min(openWave ?? .max, moves[place].wave)
    }
  }

  /// What a move's dependencies hold it back for; nil where all of them are verified.
  func hold(of move: CampaignMove) -> CampaignHold? {
    var hold: CampaignHold?
    for dependency in move.dependencies {
      guard let first = places[dependency], !moves[first].isLost else { return .dependencyLost(dependency) }
      if !moves[first].isMoved, hold == nil { hold = .dependency(dependency) }
    }
    return hold
  }

  /// Whether a move waits for what does not go on.
  func isAside(_ move: CampaignMove) -> Bool { places[move.id].map { courses[$0] == .aside } ?? false }

  /// Follows what a move waits for to what does not go on. Without recursion: a chain may be as long as a campaign.
  private mutating func settle(_ start: Int) {
    guard courses[start] == .unknown else { return }
    var path = [start]
    while let place = path.last {
      courses[place] = .asked
      let firsts = moves[place].isToBegin ? moves[place].dependencies.map { places[$0] } : []
      if let next = firsts.lazy.compactMap(\.self).first(where: { courses[$0] == .unknown }) {
        path.append(next)
        continue
      }
      courses[place] = firsts.contains(where: isOutOfCourse) ? .aside : .open
      path.removeLast()
    }
  }

  private func isOutOfCourse(_ place: Int?) -> Bool {
    guard let place else { return true }
    return courses[place] == .aside || (moves[place].isSettled && !moves[place].isMoved)
  }
}

extension CampaignMove {
  /// Whether it will never be verified.
  var isLost: Bool { step == .rolledBack || step == .failed }
}
