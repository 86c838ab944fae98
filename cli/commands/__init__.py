"""The commands of posecap, one file each."""
