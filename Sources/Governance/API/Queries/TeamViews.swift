import Model
import NIOConcurrencyHelpers
import Placement
import Policy
import Store

/// The offer without what is none of a team's business, for the questions of teams. As a cluster that is left out answers
/// nothing, no question can be put so that the answer tells of it (protocol rule 6).
///
/// Teams ask on every keystroke, and few of them have another view than others have: the last ones are kept.
final class TeamViews: Sendable {
  private struct View: Sendable {
    let whole: Engine
    let withheld: Set<String>
    let engine: Engine
  }

  private static let most = 16

  private let views = NIOLockedValueBox<[View]>([])

  /// The situation without what is withheld of it, and how many clusters that are.
  ///
  /// - Parameter stored: The project as it is stored, where it is; nil where there is no such project yet.
  func view(
    of situation: PlacementBasis, for stored: DecisionRequest?, reach: CapacityReach
  ) -> (PlacementBasis, withheld: Int) {
    let present = situation.engine
    let disclosure = OfferDisclosure(reach: reach, zones: OfferDisclosure.places(of: present.offer))
    let hidden = disclosure.hidden(of: present.offer)
    let business =
      stored.map { Set(present.clusters).subtracting(present.foreignClusters(to: $0, on: situation.state)) } ?? []
    let withheld = hidden.subtracting(business)
    guard !withheld.isEmpty else { return (situation, 0) }
    var view = situation
    view.engine = engine(present, without: withheld)
    view.state = situation.state.fitted(to: view.engine)
    return (view, withheld.count)
  }

  private func engine(_ whole: Engine, without withheld: Set<String>) -> Engine {
    let known = views.withLockedValue { views in
      views.first { $0.whole.isIdentical(to: whole) && $0.withheld == withheld }
    }
    if let known { return known.engine }
    let engine = whole.without(clusters: withheld)
    views.withLockedValue { views in
      views.insert(View(whole: whole, withheld: withheld, engine: engine), at: 0)
      if views.count > Self.most { views.removeLast() }
    }
    return engine
  }
}
