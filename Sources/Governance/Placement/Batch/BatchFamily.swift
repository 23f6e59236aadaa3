import Model

/// Projects of a batch with environments that can only be on some sites: together they can not take more than those have.
struct BatchFamily {
  /// What a project takes of the sites.
  struct Member {
    var project: Int
    /// In all, at least.
    var least: ResourceAmounts
    /// In how many replicas.
    var pieces: Int
  }

  /// In order.
  let sites: [Int]
  private(set) var members: [Member] = []
  /// The smallest replica, resource by resource; 0 where one may take nothing.
  private(set) var smallest = ResourceAmounts()

  /// The most families that are looked at; leaving some out makes the bound weaker, never wrong.
  private static let most = 64

  /// The environments that may be on the same sites, for the sets of sites that most of them have in common, and all
  /// environments together.
  static func all(of projects: [BatchProject], sites count: Int) -> [BatchFamily] {
    var whole = SiteSet([], of: count)
    var numbers: [SiteSet: Int] = [:]
    var kinds: [(sites: SiteSet, pieces: [Piece])] = []
    for project in projects.indices where projects[project].mayBePlaced {
      for part in projects[project].parts {
        let sites = SiteSet(part.candidates.map(\.site), of: count)
        let number = numbers[sites] ?? kinds.count
        if number == kinds.count {
          numbers[sites] = number
          kinds.append((sites, []))
          whole.formUnion(sites)
        }
        kinds[number].pieces.append(Piece(project: project, part: part))
      }
    }
    let common = kinds.indices.sorted { (-kinds[$0].pieces.count, $0) < (-kinds[$1].pieces.count, $1) }
      .prefix(Self.most).map { kinds[$0].sites }.filter { $0 != whole }
    return ([whole] + common).map { sites in
      let inside = kinds.filter { $0.sites.subtracting(sites).isEmpty }.flatMap(\.pieces)
      return BatchFamily(sites.sites, inside.sorted { $0.project < $1.project })
    }
  }

  private struct Piece {
    var project: Int
    var part: BatchProject.Part
  }

  private init(_ sites: [Int], _ pieces: [Piece]) {
    self.sites = sites
    for (index, piece) in pieces.enumerated() {
      if members.last?.project != piece.project {
        members.append(Member(project: piece.project, least: ResourceAmounts(), pieces: 0))
      }
      members[members.count - 1].least = members[members.count - 1].least.adding(piece.part.least)
      members[members.count - 1].pieces += piece.part.replicas
      for resource in CountedResource.allCases {
        let size = piece.part.isNew ? piece.part.need[resource] : 0
        smallest[resource] = index == 0 ? size : min(smallest[resource], size)
      }
    }
  }
}
