public import Model

extension MigrationTask.Kind {
  /// What there is to do in a few words, as in a table or after “task”.
  public var title: LocalizedText {
    switch self {
    case .createEnvironment:
      LocalizedText(fr: "créer le nouvel environnement", en: "create the new environment")
    case .firstCopy: LocalizedText(fr: "faire la première copie", en: "make the first copy")
    case .secrets: LocalizedText(fr: "rechiffrer les secrets", en: "encrypt the secrets anew")
    case .values: LocalizedText(fr: "adapter les valeurs", en: "adapt the values")
    case .flows: LocalizedText(fr: "ouvrir les flux", en: "open the flows")
    case .restoreBackup: LocalizedText(fr: "restaurer la sauvegarde", en: "restore the backup")
    case .stopWrites: LocalizedText(fr: "arrêter les écritures", en: "stop the writes")
    case .finalCopy: LocalizedText(fr: "faire et vérifier la copie finale", en: "make and check the final copy")
    case .switchNames: LocalizedText(fr: "basculer les noms", en: "switch the names")
    case .verify: LocalizedText(fr: "vérifier l’application", en: "verify the application")
    case .dashboards:
      LocalizedText(fr: "reprendre tableaux de bord et sauvegardes", en: "move dashboards and backups")
    case .emptySource: LocalizedText(fr: "vider le départ", en: "empty the source")
    case .salvage: LocalizedText(fr: "récupérer ce qui n’était pas copié", en: "salvage what was not copied")
    case .removeEnvironment:
      LocalizedText(fr: "retirer l’ancien environnement", en: "take out the old environment")
    case .reverseCopy: LocalizedText(fr: "recopier vers le départ", en: "copy back to the source")
    }
  }

  /// What there is to do, as a sentence.
  public var sentence: LocalizedText {
    switch self {
    case .createEnvironment:
      LocalizedText(
        fr: "Créer dans la console l’environnement d’arrivée, sous son nouveau nom.",
        en: "Create the target in the console, under its new name.")
    case .firstCopy:
      LocalizedText(
        fr: "Copier les données vers l’arrivée pendant que le départ continue d’écrire.",
        en: "Copy the data to the target while the source goes on writing.")
    case .secrets:
      LocalizedText(
        fr: "Rechiffrer les secrets avec la clé du cluster d’arrivée.",
        en: "Encrypt the secrets with the key of the target’s cluster.")
    case .values:
      LocalizedText(
        fr: "Mettre les nouveaux nom, espace de noms et adresses partout où les anciens figurent.",
        en: "Put the new name, namespace and addresses wherever the old ones stand.")
    case .flows:
      LocalizedText(
        fr: "Ouvrir depuis l’arrivée les flux réseau dont l’application a besoin.",
        en: "Open from the target the network flows that the application needs.")
    case .restoreBackup:
      LocalizedText(
        fr: "Restaurer à l’arrivée la dernière sauvegarde, puisque le départ est perdu.",
        en: "Restore the last backup on the target, as the source is lost.")
    case .stopWrites:
      LocalizedText(
        fr: "Mettre l’application en lecture seule ou à zéro : un espace de noms gelé n’arrête pas les écritures.",
        en: "Make the application read-only or scale it to zero: a frozen namespace stops no writes.")
    case .finalCopy:
      LocalizedText(
        fr: "Copier ce qui a été écrit depuis la première copie, et comparer les deux côtés.",
        en: "Copy what was written since the first copy, and compare both sides.")
    case .switchNames:
      LocalizedText(
        fr: "Mener noms, adresses et certificats vers l’arrivée.",
        en: "Lead names, addresses and certificates to the target.")
    case .verify:
      LocalizedText(
        fr: "Constater que l’application fonctionne à l’arrivée, avec de vrais usagers.",
        en: "See that the application works on the target, with real users.")
    case .dashboards:
      LocalizedText(
        fr: "Faire regarder l’arrivée aux tableaux de bord, alertes et sauvegardes.",
        en: "Have dashboards, alerts and backups look at the target.")
    case .emptySource:
      LocalizedText(
        fr: "Mettre à zéro tout ce qui tourne encore au départ.", en: "Scale to zero whatever still runs on the source."
      )
    case .salvage:
      LocalizedText(
        fr: "Le départ, tenu pour perdu, est revenu : y prendre ce que l’arrivée n’a pas, ou y renoncer par écrit.",
        en: "The source was given up for lost and is back: fetch what the target has not, or give it up in writing.")
    case .removeEnvironment:
      LocalizedText(
        fr: "Supprimer l’ancien environnement dans la console, une fois sa dernière réplique partie.",
        en: "Delete the old environment in the console, once its last replica is gone.")
    case .reverseCopy:
      LocalizedText(
        fr: "Recopier vers le départ ce qui a été écrit à l’arrivée depuis la bascule.",
        en: "Copy back to the source what was written on the target since the cut-over.")
    }
  }
}
