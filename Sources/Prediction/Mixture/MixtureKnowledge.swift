/// What may be known besides the static model.
enum MixtureKnowledge: CaseIterable { case nothing, document, everything }
