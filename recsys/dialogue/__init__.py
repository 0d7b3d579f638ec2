"""What to recommend next in a dialogue: the person is what has been said so far.

`DialogueState` is the dialogue, `DialogueRecommender` ranks the catalogue for it. Import them from their modules,
because the network needs torch.
"""
