import Foundation

/// What of a campaign has to wait for what: its waves, what depends on what, and who needs the room that another one leaves.
struct CampaignOrder {
  /// The first wave that something is left to do of, which is open; those after it are not. Nil where nothing holds any up.
  private(set) var openWave: Int?
  private let moves: [CampaignMove]
  /// By identifier, the place in `moves`; empty where nothing waits for anything but its wave.
  private let places: [UUID: Int]
  /// By cluster, the moves that are still to leave it, wave by wave; empty where nothing waits for room.
  private let leaving: [String: [Int]]
  /// By place; empty where nothing waits for anything but its wave.
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
    let isRoomy = moves.allSatisfy { $0.hasRoom || !$0.isToBegin }
    let isPlain = isRoomy && moves.allSatisfy { $0.dependencies.isEmpty }
    var places: [UUID: Int] = [:]
    if !isPlain { for place in moves.indices { places[moves[place].id] = place } }
    self.places = places
    leaving = isRoomy ? [:] : Self.leaving(moves)
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

  /// What a move's target waits for room for; nil where there is room, or nothing of the plan is to make any before it.
  func room(for move: CampaignMove) -> CampaignHold? {
    guard !move.hasRoom, let first = leaving[move.target.cluster]?.first, moves[first].wave < move.wave else {
      return nil
    }
    return .room(moves[first].id)
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
      let makers = makers(of: place)
      if let next = (firsts.lazy.compactMap(\.self) + makers).first(where: { courses[$0] == .unknown }) {
        path.append(next)
        continue
      }
      // It needs all that it depends on; of those that make room another one may do.
      let isAside = firsts.contains(where: isOutOfCourse) || (!makers.isEmpty && makers.allSatisfy(isStanding))
      courses[place] = isAside ? .aside : .open
      path.removeLast()
    }
  }

  private func isOutOfCourse(_ place: Int?) -> Bool {
    guard let place else { return true }
    return courses[place] == .aside || (moves[place].isSettled && !moves[place].isMoved)
  }

  /// The moves of earlier waves that are to make room for one that has none.
  private func makers(of place: Int) -> ArraySlice<Int> {
    guard moves[place].isToBegin, !moves[place].hasRoom else { return [] }
    return leaving[moves[place].target.cluster]?.prefix { moves[$0].wave < moves[place].wave } ?? []
  }

  /// Whether a source does not go on to be removed, though its target may be verified.
  private func isStanding(_ place: Int) -> Bool {
    let move = moves[place]
    return courses[place] == .aside || move.standing != .running || (move.isToBegin && move.elsewhere != nil)
  }

  private static func leaving(_ moves: [CampaignMove]) -> [String: [Int]] {
    let open = moves.indices.filter { moves[$0].step != .removed && !moves[$0].step.isEnd }
    return Dictionary(grouping: open.sorted { moves[$0].wave < moves[$1].wave }) { moves[$0].source.cluster }
  }
}

extension CampaignMove {
  /// Whether it will never be verified.
  var isLost: Bool { step == .rolledBack || step == .failed }
}
